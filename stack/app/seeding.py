"""The catalogue a fresh database starts with: twenty events with ample stock and a small one."""

from sqlalchemy import Connection, Engine, func, insert, select

from stack.app.database import Database
from stack.app.models import Base, Event

SMALL_EVENT_STOCK = 50

_NAMES_AND_PRICES = (
    ("Aurora Strings: The Night Concert", 6500),
    ("Harbour Jazz Evening", 4200),
    ("The Glass Opera", 9800),
    ("Lanterns: A Shadow Play", 2800),
    ("City Marathon Grandstand", 1500),
    ("Northern Lights Choir", 3900),
    ("Stand-up at the Old Mill", 2400),
    ("Symphony No. 5 by Candlelight", 5600),
    ("The Paper Circus", 3100),
    ("Derby: Rovers against United", 7200),
    ("Electric Garden Festival, Friday", 8900),
    ("Electric Garden Festival, Saturday", 9900),
    ("Flamenco at the Arches", 3300),
    ("Ice Ballet: The Winter Road", 6100),
    ("Open-air Cinema: Silent Comedies", 1200),
    ("Chess Masters Final", 1800),
    ("The Brass Parade", 2000),
    ("Poetry and Percussion", 1600),
    ("Tennis Cup Semi-final", 8400),
    ("Museum Night: Behind the Scenes", 2200),
)
_SMALL_EVENT = ("Rooftop Session (fifty seats)", 12000)


def prepare(database: Database, stock: int) -> None:
    """Create the tables that are missing, and the catalogue where there is none.

    Events 1 to 20 get `stock` tickets each, the last one SMALL_EVENT_STOCK.
    """
    _create_tables(database.engine)
    with database.writing() as connection:
        if connection.scalar(select(func.count()).select_from(Event)) == 0:
            _insert_catalogue(connection, stock)


def _create_tables(engine: Engine) -> None:
    Base.metadata.create_all(engine)


def _insert_catalogue(connection: Connection, stock: int) -> None:
    rows = [(name, price_cents, stock) for name, price_cents in _NAMES_AND_PRICES]
    rows.append((*_SMALL_EVENT, SMALL_EVENT_STOCK))
    connection.execute(
        insert(Event),
        [
            {
                "name": name,
                "price_cents": price_cents,
                "stock": event_stock,
                "initial_stock": event_stock,
            }
            for name, price_cents, event_stock in rows
        ],
    )
