"""Load on the public HTTP API: one user class a file, open arrivals, a ledger, a web UI page.

By hand, from the repository's root, with Locust's web UI at http://127.0.0.1:8089 and the state of
the arrivals at /load there:

    locust -f locustfiles/payments.py --host http://127.0.0.1:3001

Profiles, with what one arrival (a visit) is and how many requests it makes at a healthy app:

    browse.py         a look at the catalogue or at an event's page; 1
    waiting_room.py   join, poll until admitted (at most 12 times in 10 s), or leave; 2 or more
    orders.py         the same, then an order that nobody pays for; 3 or more
    payments.py       the same, then a payment, by card and by wallet in turn; 4 or more
    normal.py         of five visits four as in browse.py and one as in payments.py; 1.6 on average
    surge.py          join and stay, without polling; 1
    sales_opening.py  visits as in normal.py: quiet, rush, quiet; ends by itself; for the web UI

Visits begin evenly spaced at a set rate, whether or not those before them are over. What the
harness passes to `python -m locust -f locustfiles/PROFILE`:

    --headless --only-summary      no web UI, no table every two seconds
    --host http://127.0.0.1:PORT   the app; other machines are refused unless LOAD_ALLOW_HOSTS, a
                                   comma-separated list, has their name
    -t 60s                         the run's length; 10 minutes if left out
    --arrivals-per-second 20       visits that begin each second; also LOAD_ARRIVALS_PER_SECOND, as
                                   each option below has its LOAD_ variable. Not for surge
    --fill-per-second 200 --fill-count 1200 --hold-per-second 50
                                   surge only: the rate until so many have joined, and after
    --in-flight-max 1000           visits at once at most; what is due beyond is shed and counted
    --arrivals-limit 0             arrivals in the whole run at most; 0 for any number
    --stop-timeout 10              let visits in flight finish at the end; without it they are cut
    --json-file PREFIX             Locust's statistics, at the end, to PREFIX.json
    --exit-code-on-error 0         failed requests are a result, not an error of the run

--users and --spawn-rate change nothing: a process has one Locust user, and it lets the visitors in.
Past one process, the rate, the limits and the ledger are those of all workers together:

    locust -f locustfiles/PROFILE.py --master --master-bind-host ADDRESS --host APP ...
    locust -f locustfiles/PROFILE.py --worker --master-host ADDRESS     on each machine
    locust -f locustfiles/PROFILE.py --processes 4 --host APP ...       on one machine

Each worker takes its turn of one sequence of arrivals; settings are given to the master, which
alone writes LOAD_LEDGER and has the page /load. It listens on 127.0.0.1 unless --master-bind-host
names another address, and anyone who reaches that can join or disturb the run: keep it in a network
of your own. LOAD_ALLOW_HOSTS must allow the app at the master and at every worker. A worker that is
gone is noticed within seconds; what it left undone is shed, and the others take over its turns.

LOAD_LEDGER names a file for one JSON line a second, described in ledger.py. SIGINT and SIGTERM end
a run with ledger and statistics written; Locust writes its --html report on SIGINT only. Exit
codes: 0 done, 1 refused (with the reason on standard error), 2 a wrong option.
"""
