"""Every address of disclosure requests, in the order in which an office works."""

from fastapi import FastAPI

from archiver.api import request_exemptions as grounds
from archiver.api import request_fees as fees
from archiver.api import request_following as following
from archiver.api import request_keeping as keeping
from archiver.api import request_letters as letters
from archiver.api import request_more_schemas as more
from archiver.api import request_overview as overview
from archiver.api import request_production as production
from archiver.api import request_redaction as redaction
from archiver.api import request_redaction_schemas as marked
from archiver.api import request_release as release
from archiver.api import request_review as review
from archiver.api import request_schemas as documents
from archiver.api import request_searches as searches
from archiver.api import request_tags as tags
from archiver.api.request_addresses import Addresses

_ONE = "/requests/{request_id}"
_REVIEW = f"{_ONE}/review"
_SEARCH = f"{_ONE}/searches/{{number}}"


def add_requests(app: FastAPI) -> None:
    """Register the addresses."""
    addresses = Addresses(app)
    _add_keeping(addresses)
    _add_overviews(addresses)
    _add_searches(addresses)
    _add_review(addresses)
    _add_redaction(addresses)
    _add_students(addresses)
    _add_fees(addresses)
    _add_following(addresses)
    _add_release(addresses)


def _add_keeping(addresses: Addresses) -> None:
    whole = documents.DisclosureRequestDocument
    addresses.look("/requests", keeping.requests, documents.RequestList)
    addresses.make("/requests", keeping.open_one, whole)
    addresses.look(_ONE, keeping.one, whole)
    addresses.make(f"{_ONE}/events", keeping.note, whole)
    addresses.make(f"{_ONE}/extensions", keeping.extend, whole)
    addresses.act(f"{_ONE}/assignment", keeping.assign, whole)
    addresses.make(f"{_ONE}/holds", keeping.hold, whole)
    addresses.make(f"{_ONE}/tasks", keeping.add_one_task, whole)
    addresses.act(f"{_ONE}/tasks/{{number}}/done", keeping.finish_one_task, whole)
    addresses.act(f"{_ONE}/close", keeping.close, whole)


def _add_overviews(addresses: Addresses) -> None:
    addresses.look("/request-clocks", overview.clocks, documents.DueClocks)
    addresses.look("/request-log", overview.log, "text/csv")
    addresses.look("/request-metrics/{year}", overview.year_metrics, documents.YearMetrics)
    addresses.look("/request-feed", overview.feed, "text/calendar")
    addresses.look("/disclosure-profiles", overview.profiles, documents.ProfileList)
    addresses.look("/disclosure-profiles/{profile_id}", overview.profile, documents.ProfileDocument)
    addresses.look("/exemptions", grounds.exemptions, more.ExemptionList)
    addresses.make("/exemptions", grounds.add, more.ListedExemption)
    addresses.act("/exemptions/{number}/change", grounds.change, more.ListedExemption)
    addresses.act("/exemptions/{number}/retire", grounds.retire, more.ListedExemption)


def _add_searches(addresses: Addresses) -> None:
    one = documents.CustodianSearchDocument
    addresses.look("/custodian-searches", searches.own_searches, documents.CustodianSearchList)
    addresses.look(f"{_ONE}/searches", searches.searches, documents.CustodianSearchList)
    addresses.make(f"{_ONE}/searches", searches.ask, one)
    addresses.make(f"{_SEARCH}/declaration", searches.declare, one)
    addresses.look(f"{_SEARCH}/declaration", searches.declaration, "application/json")
    addresses.look(f"{_SEARCH}/declaration.pdf", searches.declaration_paper, "application/pdf")
    addresses.act(f"{_SEARCH}/accept", searches.accept, one)


def _add_review(addresses: Addresses) -> None:
    step = documents.StepDocument
    addresses.look(f"{_ONE}/sets", review.sets, documents.RequestSets)
    addresses.make(f"{_ONE}/sets", review.put_set, documents.AddedSet)
    addresses.act(f"{_ONE}/samples", review.draw, documents.SampleDocument)
    addresses.look(_REVIEW, review.page, documents.ReviewPage)
    addresses.look(f"{_REVIEW}/disagreements", review.differing, documents.ReviewGroups)
    addresses.make(f"{_REVIEW}/decisions", review.decide, step)
    addresses.make(f"{_REVIEW}/confirmations", review.confirm_all, step)
    addresses.make(f"{_REVIEW}/batches", review.put_batch, step)
    addresses.look(f"{_REVIEW}/tags", tags.tags, more.TagList)
    addresses.make(f"{_REVIEW}/tags", tags.put, step)
    addresses.look(f"{_REVIEW}/steps", review.every_step, documents.ReviewSteps)
    addresses.make(f"{_REVIEW}/steps/{{step}}/undo", review.take_back, step)


def _add_redaction(addresses: Addresses) -> None:
    of_record, of_all = f"{_ONE}/records/{{record_id}}", f"{_ONE}/redactions"
    addresses.look(f"{of_record}/parts", redaction.parts, marked.RecordParts)
    addresses.look(f"{of_record}/marked", redaction.marked, marked.MarkedRecord)
    addresses.make(f"{of_record}/redactions", redaction.mark, marked.MarksMade)
    addresses.make(f"{of_record}/redactions/change", redaction.change, marked.MarkStep)
    addresses.make(f"{of_record}/redactions/remove", redaction.remove, marked.MarkStep)
    addresses.act(f"{of_record}/linked", redaction.linked, marked.LinkedOccurrences)
    addresses.look(of_all, redaction.marks, marked.MarkList)
    addresses.make(of_all, redaction.mark_all, marked.MarksEverywhere)
    addresses.make(f"{of_all}/final", redaction.settle, marked.MarkStep)
    addresses.look(f"{of_all}/steps", redaction.steps, marked.MarkSteps)
    addresses.make(f"{of_all}/steps/{{step}}/undo", redaction.undo, marked.MarkStep)
    addresses.act(f"{_ONE}/suggestions", redaction.suggest, marked.Suggestions)
    addresses.look("/roster", redaction.roster, marked.Rosters)
    addresses.make("/roster", redaction.put_roster, marked.RosterVersion)
    addresses.look(f"{_ONE}/occurrences", release.occurrences, marked.Occurrences)
    addresses.make(f"{_ONE}/occurrences/accept", release.accept, marked.Accepted)
    addresses.make(f"{_ONE}/occurrences/withdraw", release.withdraw, marked.Withdrawn)


def _add_students(addresses: Addresses) -> None:
    addresses.look(f"{_ONE}/students", release.students, marked.Students)
    addresses.make(f"{_ONE}/students/links", release.link, marked.Students)
    addresses.act(f"{_ONE}/students/suggestions", release.suggest, marked.StudentSuggestions)
    addresses.make(f"{_ONE}/students/grounds", release.ground, marked.Students)
    addresses.make(f"{_ONE}/students/own", release.own, marked.OwnRecords)
    addresses.look(f"{_ONE}/students/check", release.check, marked.AccessCheck)
    addresses.act("/student-disclosures", release.disclosures, marked.StudentDisclosures)


def _add_fees(addresses: Addresses) -> None:
    addresses.look("/disclosure-profiles/{profile_id}/fees", fees.rules, more.FeeSchedule)
    addresses.look(f"{_ONE}/fees", fees.account, more.FeeAccount)
    addresses.make(f"{_ONE}/fees/estimates", fees.estimate, more.EstimateDocument)
    addresses.make(f"{_ONE}/fees/charges", fees.charge, more.FeeAccount)
    addresses.make(f"{_ONE}/fees/deposits", fees.deposit, more.FeeAccount)
    addresses.make(f"{_ONE}/fees/payments", fees.pay, more.FeeAccount)
    addresses.make(f"{_ONE}/fees/waivers", fees.waive, more.FeeAccount)
    addresses.make(f"{_ONE}/fees/refunds", fees.refund, more.FeeAccount)


def _add_following(addresses: Addresses) -> None:
    addresses.look(f"{_ONE}/instalments", following.instalments, more.Instalments)
    addresses.make(f"{_ONE}/instalments", following.plan, more.Instalments)
    addresses.act(f"{_ONE}/instalments/{{number}}/claim", following.claim, more.Instalments)
    addresses.look(f"{_ONE}/appeals", following.appeals, more.Appeals)
    addresses.make(f"{_ONE}/appeals", following.appeal, more.Appeals)
    addresses.act(f"{_ONE}/appeals/{{number}}/decision", following.decide, more.Appeals)
    addresses.look(f"{_ONE}/notices", following.notices, more.Notices)
    addresses.make(f"{_ONE}/notices", following.send, more.Notices)
    addresses.act(f"{_ONE}/notices/{{number}}/action", following.go_to_court, more.Notices)
    addresses.act(f"{_ONE}/notices/{{number}}/end", following.end, more.Notices)


def _add_release(addresses: Addresses) -> None:
    addresses.make(f"{_ONE}/letters", letters.write, more.LetterDocument)
    addresses.look(f"{_ONE}/exemptions", letters.exemptions, more.ExemptionLog)
    addresses.look(f"{_ONE}/productions", production.productions, more.Productions)
    addresses.look(f"{_ONE}/production-plan", production.plan, more.ProductionPlan)
    addresses.make(f"{_ONE}/productions", production.make, more.ProductionMade)
    addresses.act(f"{_ONE}/productions/{{number}}/again", production.make_again, more.ProductionMade)
    addresses.look(f"{_ONE}/productions/{{number}}/package", production.package, "application/zip")
    addresses.look(f"{_ONE}/productions/{{number}}/documents", production.documents, more.ProducedDocuments)
    addresses.look("/produced", production.given, more.ProducedDocuments)
    addresses.make(f"{_ONE}/clawbacks", production.ask_back, more.Clawback)
