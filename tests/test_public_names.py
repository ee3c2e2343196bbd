"""The names that others build on; taking one away is a break and needs a new `CONTRACT` or a new major version."""

from __future__ import annotations

import dataclasses
import inspect

import refmill
import refmill_hooks
from refmill_hooks import specs, testing, text

CONTRACT_NAMES = """
    CONTRACT DATE EXECUTES MERGED OF_INSTITUTIONS ENTRY_POINT_GROUP PRINTED_ID PROBLEM REPLACED_KEY SUSPECT UNVERIFIED
    WITHDRAWN Answer
    Enricher Entry Exporter Missing Name Net NoOptions ReadError Reader ServiceError SkipRecord Source Transform Venue
    Version hookimpl
""".split()
ROLE_FIELDS = {
    "Reader": "name title sniff records entry raw suffixes weak boundary needs",
    "Enricher": "name title asks key fetch entry batch local fills lasting options needs",
    "Transform": "name title apply stream options needs",
    "Exporter": "name title render write opening between closing suffixes media_type options needs",
}
MODEL_FIELDS = {
    "Entry": """id version title authors abstract categories versions created updated doi journal_ref comments report_no
        msc_class acm_class license submitter venue key extra source origin""",
    "Name": "family given suffix literal affiliations",
    "Version": "number created",
    "Venue": "kind container container_short volume issue pages year date publisher issn",
}


def test_the_contract_offers_these_names() -> None:
    assert sorted(refmill_hooks.__all__) == sorted(CONTRACT_NAMES)
    assert refmill_hooks.CONTRACT == 1


def test_each_role_has_these_fields() -> None:
    for name, fields in ROLE_FIELDS.items():
        found = [field.name for field in dataclasses.fields(getattr(refmill_hooks, name))]
        assert sorted(found) == sorted(fields.split()), name


def test_the_model_has_these_fields() -> None:
    for name, fields in MODEL_FIELDS.items():
        assert list(getattr(refmill_hooks, name).__struct_fields__) == fields.split(), name


def test_there_are_four_hooks_without_arguments() -> None:
    hooks = [name for name in specs.__all__ if name.startswith("refmill_")]
    assert hooks == ["refmill_enrichers", "refmill_exporters", "refmill_readers", "refmill_transforms"]
    assert all(not inspect.signature(getattr(specs, hook)).parameters for hook in hooks)


def test_the_modules_of_the_contract_offer_these_names() -> None:
    assert sorted(testing.__all__) == sorted(
        "FakeNet check_enricher check_exporter check_reader check_transform hard_entries".split()
    )
    assert {"plain", "latex", "html", "squeeze", "paragraphs"} <= set(text.__all__)


def test_the_python_api_offers_these_names() -> None:
    names = "Entry Name PluginError RefmillError Summary UsageError Venue Version convert enrich export read"
    assert sorted(refmill.__all__) == sorted(names.split())
    assert all(getattr(refmill, name) for name in refmill.__all__)
