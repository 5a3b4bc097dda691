"""Spam is boxed, never lost: whoever misses a message can search for it, until it is let go."""

from datetime import timedelta

import time_machine

from app import search
from app.clock import now
from app.extensions import db
from app.submissions import service
from app.submissions.models import Submission


def found(app, words):
    with app.app_context():
        return search.find_submissions(words, None, 10)


def test_a_message_in_the_spam_box_can_be_searched_for(app, client, worker, demo, kari):
    answer = client.post("/f/kontakt", data={"email": kari, "name": "Kari", "message": "pendellampe", "_gotcha": "x"})
    assert answer.status_code == 303
    worker()
    assert len(found(app, "pendellampe")) == 1


def test_spam_that_is_let_go_is_gone_from_the_search(app, client, worker, demo, kari):
    client.post("/f/kontakt", data={"email": kari, "name": "Kari", "message": "pendellampe", "_gotcha": "x"})
    worker()
    with time_machine.travel(now() + timedelta(days=31)), app.app_context():
        service.forget_old_spam()
        db.session.commit()
        assert db.session.query(Submission).count() == 0
    assert found(app, "pendellampe") == []
