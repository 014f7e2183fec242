"""One valid manifest of every kind."""

import pytest

from assay.manifests import (
    Agreement,
    AuditReport,
    Column,
    CommissionSpec,
    ConformitySpec,
    DatasetManifest,
    DigestWork,
    DisputeEvidence,
    Examination,
    Exhibit,
    Figure,
    Finding,
    GrantContext,
    KeyGrant,
    KeyGrants,
    Licence,
    Lineage,
    LineageEvidence,
    Manifest,
    ModelManifest,
    SealedArtifact,
    SealedMessage,
    Tensor,
    Tool,
    ValidationReport,
)
from assay.manifests.evaluation import (
    Criterion,
    CriterionKind,
    DataMapping,
    DatasetCounts,
    EvaluationSpec,
    InputMapping,
    Metric,
    OutputMapping,
    Reference,
    ReportStatus,
)
from assay.seal.delivery import DeliveryKey
from assay.store.cid import cid_of_block

CONTRACT = "0x5FbDB2315678afecb367f032d93F642f64180aa3"
ALICE = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"
BOB = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"


@pytest.fixture
def artifact() -> SealedArtifact:
    return SealedArtifact(
        cid=str(cid_of_block(bytes(32))),
        size=1_100,
        plaintext_sha256="22" * 32,
        plaintext_size=1_000,
        chunk_size=1024,
        key_hash="33" * 32,
    )


@pytest.fixture
def dataset(artifact: SealedArtifact) -> DatasetManifest:
    return DatasetManifest(
        artifact=artifact,
        name="biopsies",
        description="Fine-needle aspirates of breast masses.",
        licence=Licence(spdx="CC-BY-4.0"),
        format="csv",
        columns=(Column(name="mean radius", type="float"), Column(name="diagnosis", type="text")),
        counts=DatasetCounts(rows=3, classes={"benign": 2, "malignant": 1}),
    )


@pytest.fixture
def report() -> ValidationReport:
    return ValidationReport(
        chain_id=31337,
        oracle=CONTRACT,
        request_id=7,
        validator=ALICE,
        status=ReportStatus.ANSWERED,
        scores=(-960_000,),
        criteria=0b101,
        word="33" * 32,
        work="44" * 32,
        artifacts=("55" * 32, "66" * 32),
        evaluator="assay-validation 0.1.0",
        sealed_details=SealedMessage(public_key="09" + "00" * 31, enc="66" * 32, ciphertext="77" * 20),
    )


@pytest.fixture
def samples(
    artifact: SealedArtifact, dataset: DatasetManifest, report: ValidationReport
) -> dict[str, Manifest]:
    licence = Licence(text=artifact.cid, terms=("One hospital.", "No resale."))
    evaluation = EvaluationSpec(
        task="classification",
        metric=Metric.BALANCED_ACCURACY,
        criteria=(Criterion(kind=CriterionKind.MODEL_SIZE, bound=1_000_000),),
        data=DataMapping(
            format="csv",
            inputs=(InputMapping(name="X", columns=("mean radius",)),),
            label="diagnosis",
            classes=("benign", "malignant"),
        ),
        output=OutputMapping(labels="label"),
    )
    commission = CommissionSpec(
        title="Breast-mass classifier",
        description="Line one.\n\tLine two: größer, 乳がん, 🩺.",
        domain="oncology",
        evaluation=evaluation,
        dataset=dataset.digest().hex(),
        customer_key="09" + "00" * 31,
        delivery_key=DeliveryKey(1).point.hex(),
        reference=Reference(name="majority", kind="majority-class", low=450_000, high=550_000),
        threshold=930_000,
        tolerance=10_000,
        effort_score=850_000,
        submission_cap=3,
        deliverable="ONNX.",
        training_data="Public data only.",
    )
    conformity = ConformitySpec(
        title="Masses of three clinics",
        description="What a pass says: no worse than a second reader.",
        evaluation=evaluation,
        body_key="09" + "00" * 31,
    )
    model = ModelManifest(
        artifact=artifact,
        name="forest",
        framework="scikit-learn 1.7",
        opset=21,
        inputs=(Tensor(name="X", dtype="float32", shape=(None, 30)),),
        outputs=(Tensor(name="label", dtype="int64", shape=(None,)),),
        intended_use="Second reader.",
        limits="Unseen scanners.",
        lineage=Lineage(datasets=("88" * 32,)),
        licence=licence,
    )
    grants = KeyGrants(
        context=GrantContext(
            chain_id=31337, contract=CONTRACT, deal_id=2**256 - 1, purpose="panel", artifact=7
        ),
        key_hash=artifact.key_hash,
        grants=(KeyGrant(recipient=ALICE, public_key="99" * 32, enc="aa" * 32, ciphertext="bb" * 48),),
    )
    audit = AuditReport(
        chain_id=31337,
        registry=CONTRACT,
        request_id=1,
        auditor=BOB,
        model=model.digest().hex(),
        scopes=("fairness",),
        verdict="approved",
        findings=(Finding(scope="fairness", severity="minor", summary="Few patients under 30."),),
        figures=(Figure(name="age gap", value=12_000, low=-3_000, high=27_000),),
        limitations="One site.",
        examination=Examination(
            page="cc" * 32,
            model_sha256="22" * 32,
            data_sha256="dd" * 32,
            spec_sha256="ee" * 32,
            seed=0,
            quick=True,
            rows=3,
            rows_asked=2**53 - 1,
            tools=(Tool(name="numpy", version="2.4.6"),),
        ),
    )
    agreement = Agreement(title="NDA", text="Keep it.\n")
    digest_work = DigestWork(challenge="99" * 32)
    evidence = DisputeEvidence(
        chain_id=31337,
        market=CONTRACT,
        deal_id=3,
        party=ALICE,
        claim="The key does not open.",
        statement="Two gateways serve the same bytes.",
        exhibits=(Exhibit(title="Log", cid=artifact.cid),),
    )
    lineage = LineageEvidence(
        chain_id=31337,
        parent="77" * 32,
        child=model.digest().hex(),
        party=ALICE,
        claim="Made from our model.",
        statement="Its answers carry our watermark.",
        exhibits=(Exhibit(title="Comparison", cid=artifact.cid),),
    )
    every = (
        agreement,
        audit,
        commission,
        conformity,
        dataset,
        digest_work,
        evidence,
        grants,
        licence,
        lineage,
        model,
        report,
    )
    return {one.kind: one for one in every}
