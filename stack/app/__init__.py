"""Flash Tickets API: catalogue, waiting room, orders, payments, metrics."""
