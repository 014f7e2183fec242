// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {ICommissionLens} from "../../contracts/interfaces/ICommissionLens.sol";
import {Deals} from "../../contracts/kernel/Deals.sol";
import {AuditRegistry} from "../../contracts/audit/AuditRegistry.sol";
import {Court} from "../../contracts/dispute/Court.sol";
import {Disputes} from "../../contracts/dispute/Disputes.sol";
import {Conformity} from "../../contracts/audit/Conformity.sol";
import {FeeShares} from "../../contracts/audit/FeeShares.sol";
import {Reputation} from "../../contracts/audit/Reputation.sol";
import {Opinions} from "../../contracts/audit/Opinions.sol";
import {IAuditRegistry} from "../../contracts/interfaces/IAuditRegistry.sol";
import {ICommissionMarket} from "../../contracts/interfaces/ICommissionMarket.sol";
import {IModelRegistry} from "../../contracts/interfaces/IModelRegistry.sol";
import {IParticipantRegistry} from "../../contracts/interfaces/IParticipantRegistry.sol";
import {IPolicy} from "../../contracts/interfaces/IPolicy.sol";
import {IRounds} from "../../contracts/interfaces/IRounds.sol";
import {IValidationOracle} from "../../contracts/interfaces/IValidationOracle.sol";
import {Deliveries} from "../../contracts/kernel/Deliveries.sol";
import {KeyExchange} from "../../contracts/kernel/KeyExchange.sol";
import {CommissionBase} from "../../contracts/market/CommissionBase.sol";
import {CommissionMarket} from "../../contracts/market/CommissionMarket.sol";
import {Goods} from "../../contracts/market/Goods.sol";
import {Licences} from "../../contracts/market/Licences.sol";
import {LineageClaims} from "../../contracts/market/LineageClaims.sol";
import {Pledges} from "../../contracts/market/Pledges.sol";
import {Sales} from "../../contracts/market/Sales.sol";
import {TrialBase} from "../../contracts/market/TrialBase.sol";
import {Trials} from "../../contracts/market/Trials.sol";
import {ModelRegistry} from "../../contracts/market/ModelRegistry.sol";
import {CommissionFacts} from "../../contracts/periphery/CommissionFacts.sol";
import {CommissionLens} from "../../contracts/periphery/CommissionLens.sol";
import {DeliveryFixture} from "./kernel/DeliveryFixture.sol";
import {MarketFixture} from "./MarketFixture.sol";

/// @notice The whole market with a customer, three developers, validators for a panel of five and its appeal, auditors
/// and a regulator, and the steps by which a commission is driven from state to state.
abstract contract CommissionFixture is MarketFixture, DeliveryFixture {
    uint8 internal constant PANEL = 5;
    uint256 internal constant VALIDATORS = 18;
    uint256 internal constant AUDITORS = 5;
    uint8 internal constant UNAUDITED = 1; // risk classes
    uint8 internal constant AUDITED = 2;
    uint8 internal constant AUDITS = 3;
    bytes32 internal constant AUDIT_REPORT = "audit report";
    bytes32 internal constant AUDIT_SALT = keccak256("of every sealed verdict");
    uint8 internal constant COVERED = 1 << 5; // scopes of an audit: explainability, which AUDITED asks for

    uint96 internal constant SEAT = 1000e18;
    uint96 internal constant AUDITOR_BOND = 500e18;
    uint96 internal constant RESERVE = 10_000e18;
    uint96 internal constant BOND = RESERVE / 10;
    uint96 internal constant FEE = 7e18; // a validator and request
    uint96 internal constant AUDIT_FEE = 90e18;
    uint96 internal constant EFFORT_FEE = 300e18;
    uint96 internal constant KILL_FEE = 400e18;
    uint256 internal constant FUNDS = 100_000e18;
    uint40 internal constant ENROLMENT_WAIT = 7 days;
    int64 internal constant THRESHOLD = 900_000;
    int64 internal constant EFFORT = 800_000;

    AuditRegistry internal audits;
    Conformity internal conformity;
    FeeShares internal shares;
    ModelRegistry internal models;
    Court internal court;
    Disputes internal disputes;
    Opinions internal opinions;
    CommissionMarket internal market;
    Reputation internal reputation;
    Goods internal goods;
    Licences internal licences;
    Trials internal trials;
    Sales internal sales;
    Pledges internal pledges;
    LineageClaims internal lineageClaims;
    CommissionLens internal lens;
    CommissionFacts internal facts;
    Deliveries internal deliveries;

    address internal treasury = makeAddr("treasury");
    address internal customer;
    address internal developer;
    address internal rival;
    address internal third;
    address internal regulator;
    address[] internal validators;
    address[] internal auditors;
    address[] internal payees;

    uint256 private _accreditorKey;
    IPolicy.Timeouts internal times;

    mapping(uint256 auditId => mapping(address auditor => bool)) private _sealedApproval; // what is sealed

    function setUp() public virtual override {
        super.setUp();
        _deployModules();
        _authorise();
        _setRules();
        _enter();
        times = policy.timeouts();
    }

    function _deployModules() internal virtual {
        conformity = new Conformity(escrow, registry, policy, rounds, rulebook);
        deliveries = new Deliveries();
        shares = new FeeShares(address(this), registry, policy);
        audits = new AuditRegistry(
            escrow, registry, policy, randomness, conformity, shares, address(stakingToken), EPOCH
        );
        models = new ModelRegistry(address(this));
        court = new Court(escrow, registry, audits, randomness, address(stakingToken), ENROLMENT_WAIT, EPOCH);
        disputes = new Disputes(escrow, court);
        market = new CommissionMarket(_marketModules());
        _deployLicences();
        lens = new CommissionLens(market, models);
        reputation = new Reputation(address(this), policy);
        facts = new CommissionFacts(market, audits, policy);
        opinions = new Opinions(escrow, registry, policy, shares);
    }

    /// @dev With their rights.
    function _deployLicences() internal {
        goods = new Goods(
            address(this),
            Goods.Modules({
                models: models,
                market: market,
                conformity: conformity,
                audits: audits,
                registry: registry,
                policy: policy
            })
        );
        licences = new Licences(escrow, goods, registry, policy, agreements);
        escrow.authorise(address(licences));
        registry.grantRole(registry.MODULE_ROLE(), address(licences));
        models.grantRole(models.MODULE_ROLE(), address(goods));
        goods.grantRole(goods.MODULE_ROLE(), address(licences));
        _deployOtherSellers();
    }

    function _deployOtherSellers() private {
        trials = new Trials(
            TrialBase.Modules({
                escrow: escrow,
                goods: goods,
                licences: licences,
                agreements: agreements,
                rounds: rounds,
                deliveries: deliveries,
                rulebook: rulebook
            })
        );
        escrow.authorise(address(trials));
        rounds.grantRole(rounds.MODULE_ROLE(), address(trials));
        goods.grantRole(goods.MODULE_ROLE(), address(trials));
        sales = new Sales(escrow, goods, licences, auctions);
        escrow.authorise(address(sales));
        goods.grantRole(goods.MODULE_ROLE(), address(sales));
        pledges = new Pledges(escrow, agreements, rulebook, address(disputes));
        escrow.authorise(address(pledges));
        lineageClaims = new LineageClaims(escrow, goods, rulebook, address(disputes));
        escrow.authorise(address(lineageClaims));
        goods.grantRole(goods.MODULE_ROLE(), address(lineageClaims));
    }

    function _authorise() internal {
        escrow.authorise(address(market));
        escrow.authorise(address(audits));
        escrow.authorise(address(court));
        escrow.authorise(address(conformity));
        escrow.authorise(address(opinions));
        rounds.grantRole(rounds.MODULE_ROLE(), address(market));
        rounds.grantRole(rounds.MODULE_ROLE(), address(conformity));
        registry.grantRole(registry.MODULE_ROLE(), address(market));
        models.grantRole(models.MODULE_ROLE(), address(market));
        shares.grantRole(shares.MODULE_ROLE(), address(audits));
        shares.grantRole(shares.MODULE_ROLE(), address(opinions));
        reputation.setSource(facts, true);
    }

    /// @dev Of a market beside the others, on the same contracts.
    function _marketModules() internal view returns (CommissionBase.Modules memory) {
        return CommissionBase.Modules({
            escrow: escrow,
            registry: registry,
            policy: policy,
            auctions: auctions,
            oracle: oracle,
            rounds: rounds,
            deliveries: deliveries,
            audits: audits,
            models: models,
            disputes: address(disputes),
            rulebook: rulebook,
            staking: staking
        });
    }

    /// @dev Base units; none, but where a test asks what steps are paid.
    function _stepFee() internal pure virtual returns (uint88) {
        return 0;
    }

    function _setTokenRule(IPolicy.PanelTier[] memory tiers) internal virtual {
        policy.setTokenRule(address(paymentToken), IPolicy.TokenRule(true, 1e18, 50e18, _stepFee()), tiers);
    }

    function _setRules() internal {
        IPolicy.PanelTier[] memory tiers = new IPolicy.PanelTier[](1);
        tiers[0] = IPolicy.PanelTier(type(uint96).max, PANEL);
        _setTokenRule(tiers);
        policy.setFee(25_000, treasury);
        policy.setStakes(IPolicy.Stakes(SEAT, AUDITOR_BOND, 50_000, 200_000));
        policy.setCoolingOff(COOLING_OFF);
        policy.setRiskClass(UNAUDITED, IPolicy.RiskClass(true, 0, false, false, 0, false));
        policy.setRiskClass(AUDITED, IPolicy.RiskClass(true, AUDITS, true, true, 0, false));
    }

    function _enter() private {
        address accreditor;
        (accreditor, _accreditorKey) = makeAddrAndKey("accreditor");
        registry.grantRole(registry.ACCREDITOR_ROLE(), accreditor);
        customer = _register("customer", IParticipantRegistry.Role.Customer);
        _fund(customer, paymentToken, FUNDS, address(market));
        developer = _newDeveloper("developer");
        rival = _newDeveloper("rival");
        third = _newDeveloper("third");
        payees.push(_register("data owner", IParticipantRegistry.Role.DataOwner));
        payees.push(_register("helper", IParticipantRegistry.Role.DataOwner));
        for (uint256 i; i < AUDITORS; ++i) {
            string memory name = string.concat("auditor ", vm.toString(i));
            auditors.push(_register(name, IParticipantRegistry.Role.Auditor));
        }
        regulator = _register("regulator", IParticipantRegistry.Role.Regulator);
        validators = _validators(VALIDATORS, 5 * SEAT); // and the trusted roles' wait is over
        for (uint256 i; i < AUDITORS; ++i) {
            _enrol(auditors[i], IParticipantRegistry.Role.Auditor);
        }
        _enrol(regulator, IParticipantRegistry.Role.Regulator);
    }

    function _newDeveloper(string memory name) internal returns (address account) {
        account = _register(name, IParticipantRegistry.Role.Developer);
        _fund(account, paymentToken, BOND, address(auctions));
    }

    function _accredit(address account, IParticipantRegistry.Role role, bytes32 organisation) internal {
        IParticipantRegistry.Credential memory credential = IParticipantRegistry.Credential({
            subject: account,
            role: role,
            organisation: organisation,
            validUntil: uint40(block.timestamp + 3650 days),
            nonce: registry.nonces(account),
            deadline: uint40(block.timestamp + 1 days)
        });
        bytes32 structHash = keccak256(
            abi.encode(
                keccak256(
                    "Credential(address subject,uint8 role,bytes32 organisation,uint40 validUntil,uint256 nonce,uint40 deadline)"
                ),
                credential
            )
        );
        (, string memory name, string memory version, uint256 chainId, address at,,) = registry.eip712Domain();
        bytes32 domain = keccak256(
            abi.encode(
                keccak256(
                    "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
                ),
                keccak256(bytes(name)),
                keccak256(bytes(version)),
                chainId,
                at
            )
        );
        (uint8 v, bytes32 r, bytes32 s) =
            vm.sign(_accreditorKey, keccak256(abi.encodePacked("\x19\x01", domain, structHash)));
        registry.accredit(credential, vm.addr(_accreditorKey), abi.encodePacked(r, s, v));
    }

    function _enrol(address account, IParticipantRegistry.Role role) internal {
        _accredit(account, role, 0);
        _fund(account, stakingToken, AUDITOR_BOND, address(audits));
        vm.prank(account);
        audits.enrol();
    }

    /* A REQUEST */

    function _request() internal view returns (ICommissionMarket.Request memory) {
        return ICommissionMarket.Request({
            spec: "spec",
            dataset: "dataset",
            token: address(paymentToken),
            reserve: RESERVE,
            evaluationFee: FEE,
            auditFee: AUDIT_FEE,
            effortFee: EFFORT_FEE,
            killFee: KILL_FEE,
            maxTotal: type(uint96).max,
            threshold: THRESHOLD,
            effortScore: EFFORT,
            tolerance: 10_000,
            requiredCriteria: 1,
            domain: 1,
            riskClass: UNAUDITED,
            submissionCap: 2,
            commitEnds: uint40(block.timestamp + 1 days),
            revealEnds: uint40(block.timestamp + 2 days),
            buildWindow: 10 days
        });
    }

    function _submission(bytes32 manifest) internal view returns (IModelRegistry.Submission memory s) {
        s.manifest = manifest;
        s.grants = "model grants";
        s.lineage = new IModelRegistry.Lineage[](1);
        s.lineage[0] = IModelRegistry.Lineage(IModelRegistry.LineageKind.Dataset, "training data");
        s.payees = new IModelRegistry.Payee[](2);
        s.payees[0] = IModelRegistry.Payee(payees[0], 100_000);
        s.payees[1] = IModelRegistry.Payee(payees[1], 33_333);
    }

    /// @dev What another module would say of a version.
    function _registration(bytes32 manifest, uint256 dealId)
        internal
        view
        returns (IModelRegistry.Registration memory version)
    {
        (version.manifest, version.developer, version.dealId) = (manifest, developer, dealId);
    }

    /* STEPS */

    function _open(ICommissionMarket.Request memory request) internal returns (uint256 id) {
        vm.prank(customer);
        id = market.open(request);
    }

    function _bid(uint256 id, address bidder, uint96 price) internal {
        uint256 auctionId = lens.commission(id).auctionId;
        bytes32 sealedBid = auctions.sealBid(auctionId, bidder, price, "salt");
        vm.prank(bidder);
        auctions.commit(auctionId, sealedBid);
    }

    function _reveal(uint256 id, address bidder, uint96 price) internal {
        uint256 auctionId = lens.commission(id).auctionId;
        vm.prank(bidder);
        auctions.reveal(auctionId, price, "salt");
    }

    /// @dev `developer` wins at the price that `rival` bid.
    function _award(uint256 id, uint96 price) internal {
        _bid(id, developer, price / 2);
        _bid(id, rival, price);
        vm.warp(lens.commission(id).request.commitEnds);
        _reveal(id, developer, price / 2);
        _reveal(id, rival, price);
        vm.warp(lens.commission(id).request.revealEnds);
        market.advance(id);
    }

    /// @dev The block that was named at the award belongs to another epoch: one more is named.
    function _seatPanel(uint256 id) internal {
        _nextEpoch();
        vm.roll(block.number + 3);
        market.advance(id);
        vm.roll(block.number + 3);
        market.advance(id);
    }

    function _grantData(uint256 id) internal {
        uint256 panelId = _panelOf(id);
        vm.prank(customer);
        rounds.grant(panelId, 0, "data grants");
    }

    function _panelOf(uint256 id) internal view returns (uint256) {
        return lens.commission(id).panelId;
    }

    function _membersOf(uint256 id) internal view returns (address[] memory) {
        return oracle.panel(_panelOf(id)).members;
    }

    function _requestOf(uint256 id) internal view returns (uint256) {
        return rounds.roundOf(_panelOf(id)).requestId;
    }

    function _submit(uint256 id, bytes32 manifest) internal {
        vm.prank(developer);
        market.submit(id, _submission(manifest));
    }

    function _scored(int64 score) internal pure returns (IValidationOracle.Report memory report) {
        (report.status, report.scores) = (IValidationOracle.ReportStatus.Answered, new int64[](1));
        (report.scores[0], report.criteria, report.manifest) = (score, 3, "report");
    }

    /// @dev Of a verdict; or of a score, that there is none.
    function _says(IValidationOracle.ReportStatus status)
        internal
        pure
        returns (IValidationOracle.Report memory report)
    {
        (report.status, report.manifest) = (status, "report");
    }

    function _cannotOpen() internal pure returns (IValidationOracle.Report memory) {
        return _says(IValidationOracle.ReportStatus.CannotOpen);
    }

    /// @dev All members report the same.
    function _answer(uint256 id, IValidationOracle.Report memory report) internal {
        _answerFirst(id, PANEL, report);
    }

    /// @dev The first `count` members report, the others keep silent until the time is up.
    function _answerFirst(uint256 id, uint256 count, IValidationOracle.Report memory report) internal {
        IValidationOracle.Report[] memory reports = new IValidationOracle.Report[](count);
        for (uint256 i; i < count; ++i) {
            reports[i] = report;
        }
        _answerEach(_requestOf(id), reports);
    }

    /// @dev Then the votes are in. Scores of a commission's model name the word that delivers its key.
    function _answerEach(uint256 requestId, IValidationOracle.Report[] memory reports) internal {
        uint256 panelId = oracle.requestOf(requestId).panelId;
        address[] memory members = oracle.panel(panelId).members;
        bytes32 word = _wordFor(panelId);
        for (uint256 i; i < reports.length; ++i) {
            if (reports[i].scores.length != 0 && reports[i].word == 0) reports[i].word = word;
            bytes32 vote = oracle.voteHash(requestId, members[i], reports[i], "salt");
            vm.prank(members[i]);
            oracle.commit(requestId, i, vote);
        }
        vm.warp(oracle.requestOf(requestId).commitEnds);
        for (uint256 i; i < reports.length; ++i) {
            vm.prank(members[i]);
            oracle.reveal(requestId, i, reports[i], "salt");
        }
        vm.warp(oracle.requestOf(requestId).revealEnds);
    }

    /// @dev Of the deal that a panel works for, or the panel under appeal.
    function _wordFor(uint256 panelId) private returns (bytes32) {
        uint32 reviewed = oracle.panel(panelId).terms.reviewed;
        for (uint256 id = 1; id <= market.commissionCount(); ++id) {
            uint256 own = _panelOf(id);
            if (own == panelId || (reviewed != 0 && uint32(own) == reviewed)) return _word(id);
        }
        return 0;
    }

    /* DELIVERY: the scalars by which everybody's points are known */

    function _delivered(uint256 id) internal view returns (Exchange memory) {
        return _exchange(address(market), id);
    }

    function _word(uint256 id) internal returns (bytes32) {
        return _agreement(_delivered(id));
    }

    function _deliver(uint256 id) internal {
        Exchange memory x = _delivered(id);
        deliveries.deliverAgreed(
            market, id, _point(x.b), _keyHash(x.key), CIPHERTEXT, _delivery(x), _possession(x)
        );
    }

    /* TIME */

    /// @dev When the present state can be left without anybody's doing: of a panel's, its round's.
    function _deadline(uint256 id) internal view returns (uint256) {
        ICommissionLens.Commission memory c = lens.commission(id);
        if (c.state != ICommissionMarket.State.Attesting && c.state != ICommissionMarket.State.Evaluating) {
            return c.deadline;
        }
        IRounds.RoundView memory round = rounds.roundOf(c.panelId);
        if (round.state != IRounds.State.Voting) return round.deadline;
        (uint40 revealEnds,, bool quorum) = oracle.ballotOf(round.requestId);
        return revealEnds + (round.appealable && quorum ? times.appeal : 0);
    }

    /// @dev To the end of the present state by time.
    function _timeout(uint256 id) internal {
        vm.warp(_deadline(id));
        market.advance(id);
    }

    /// @dev An announced refund waits for the challenge window, and then it is carried out.
    function _carryOut(uint256 id) internal {
        _assertState(id, ICommissionMarket.State.Challenge);
        assertTrue(_panelIsGone(id), "nobody's stake waits");
        vm.warp(lens.commission(id).deadline - 1);
        vm.expectPartialRevert(Deals.NothingDue.selector);
        market.advance(id);
        _timeout(id);
    }

    /// @dev Lets the panel's evaluation stand, once the time for an appeal is over.
    function _passAppeal(uint256 id) internal {
        _timeout(id);
    }

    function _evaluate(uint256 id, int64 score) internal {
        _answer(id, _scored(score));
        _passAppeal(id);
    }

    function _seatAuditors(uint256 id) internal returns (address[] memory seats) {
        market.advance(id);
        vm.roll(block.number + 3);
        market.advance(id);
        return _auditorsOf(lens.commission(id).auditId);
    }

    /// @dev Whoever sits in an audit, zero for a vacant seat.
    function _auditorsOf(uint256 auditId) internal view virtual returns (address[] memory seats) {
        IAuditRegistry.Verdict[] memory verdicts = audits.audit(auditId).seats;
        seats = new address[](verdicts.length);
        for (uint256 i; i < seats.length; ++i) {
            seats[i] = verdicts[i].auditor;
        }
    }

    /// @dev The seat of an auditor, 0 for one who has none.
    function _seatOf(uint256 auditId, address auditor) internal view returns (uint256 number) {
        address[] memory seats = _auditorsOf(auditId);
        for (uint256 i; i < seats.length; ++i) {
            if (seats[i] == auditor) return i;
        }
    }

    /// @dev The verdict of one auditor in a deal's audit.
    function _post(uint256 id, address auditor, bool approve) internal {
        uint256 auditId = lens.commission(id).auditId;
        _postVerdict(auditId, _seatOf(auditId, auditor), approve);
    }

    /// @dev The same verdict of all who sit in a deal's audit.
    function _postAll(uint256 id, bool approve) internal {
        uint256 auditId = lens.commission(id).auditId;
        address[] memory seats = _auditorsOf(auditId);
        for (uint256 i; i < seats.length; ++i) {
            if (seats[i] != address(0)) _postVerdict(auditId, i, approve);
        }
    }

    /// @dev The verdict of one seat: posted where it is the only one, else sealed. After the last all are opened.
    function _postVerdict(uint256 auditId, uint256 seat, bool approve) internal virtual {
        if (audits.audit(auditId).terms.auditors == 1) return _openAs(auditId, seat, approve);
        _seal(auditId, seat, approve);
        if (audits.audit(auditId).opening) _openVerdicts(auditId);
    }

    function _seal(uint256 auditId, uint256 seat, bool approve) internal {
        address auditor = audits.verdict(auditId, seat).auditor;
        _sealedApproval[auditId][auditor] = approve;
        bytes32 sealedVerdict = audits.sealOf(auditId, auditor, approve, AUDIT_REPORT, COVERED, AUDIT_SALT);
        vm.prank(auditor);
        audits.sealVerdict(auditId, seat, sealedVerdict, "copy");
    }

    /// @dev Opens what `_seal` has sealed.
    function _openVerdicts(uint256 auditId) internal {
        bytes32[] memory seals = audits.audit(auditId).seals;
        for (uint256 i; i < seals.length; ++i) {
            if (seals[i] != 0) _openSealed(auditId, i);
        }
    }

    function _openSealed(uint256 auditId, uint256 seat) internal {
        _openAs(auditId, seat, _sealedApproval[auditId][audits.verdict(auditId, seat).auditor]);
    }

    function _openAs(uint256 auditId, uint256 seat, bool approve) private {
        vm.prank(audits.verdict(auditId, seat).auditor);
        audits.post(auditId, seat, approve, AUDIT_REPORT, COVERED, AUDIT_SALT);
    }

    function _settle(uint256 id, bytes32 manifest) internal {
        vm.warp(lens.commission(id).deadline);
        market.settle(id, _submission(manifest));
    }

    /* TO A STATE, EVERYBODY BEHAVING */

    function _toBidding() internal returns (uint256 id) {
        id = _open(_request());
    }

    function _toDrawing() internal returns (uint256 id) {
        id = _toBidding();
        _award(id, RESERVE / 2);
    }

    function _toGranting() internal returns (uint256 id) {
        id = _toDrawing();
        _seatPanel(id);
    }

    function _toAttesting() internal returns (uint256 id) {
        id = _toGranting();
        _grantData(id);
    }

    function _toBuilding() internal returns (uint256 id) {
        id = _toAttesting();
        _answer(id, _says(IValidationOracle.ReportStatus.Answered));
        market.advance(id);
    }

    function _toEvaluating() internal returns (uint256 id) {
        id = _toBuilding();
        _submit(id, "model");
    }

    /// @dev With the votes in, while they can be appealed.
    function _toAppealing() internal returns (uint256 id) {
        id = _toEvaluating();
        _answer(id, _scored(THRESHOLD));
    }

    function _toDelivering() internal returns (uint256 id) {
        id = _toAppealing();
        _timeout(id);
    }

    function _toChallenge() internal returns (uint256 id) {
        id = _toDelivering();
        _deliver(id);
    }

    /// @dev Before the draw.
    function _toAudit() internal returns (uint256 id) {
        id = _toAudit(AUDITED, "model");
    }

    function _toAudit(uint8 riskClass, bytes32 manifest) internal returns (uint256 id) {
        ICommissionMarket.Request memory request = _request();
        request.riskClass = riskClass;
        id = _toAudit(request, manifest);
    }

    function _toAudit(ICommissionMarket.Request memory request, bytes32 manifest)
        internal
        returns (uint256 id)
    {
        id = _open(request);
        _award(id, RESERVE / 2);
        _seatPanel(id);
        _grantData(id);
        _answer(id, _says(IValidationOracle.ReportStatus.Answered));
        market.advance(id);
        _submit(id, manifest);
        _evaluate(id, THRESHOLD);
    }

    /// @dev With the seats drawn.
    function _toAuditing() internal returns (uint256 id, address[] memory seats) {
        id = _toAudit();
        seats = _seatAuditors(id);
    }

    /* MONEY */

    function _held(uint256 id) internal view returns (uint256) {
        return escrow.held(address(market), address(paymentToken), bytes32(id));
    }

    function _paid(address account) internal view returns (uint256) {
        return _balance(account, paymentToken);
    }

    function _sum(address[] memory accounts) internal view returns (uint256 total) {
        for (uint256 i; i < accounts.length; ++i) {
            total += _paid(accounts[i]);
        }
    }

    /// @dev Every unit that came in is somebody's, and none is left in a hold.
    function _assertAllPaidOut(uint256 id) internal view {
        assertEq(_held(id), 0, "the hold is zero");
        uint256 total = _paid(customer) + _paid(developer) + _paid(rival) + _paid(third) + _paid(treasury)
            + _paid(regulator) + _burnt(paymentToken);
        total += _sum(validators) + _sum(auditors) + _sum(payees);
        assertEq(total, paymentToken.balanceOf(address(escrow)), "every unit is accounted for");
        assertTrue(_panelIsGone(id), "the panel is dissolved");
    }

    function _panelIsGone(uint256 id) internal view returns (bool) {
        try oracle.panel(_panelOf(id)) {
            return false;
        } catch {
            return true;
        }
    }

    /// @dev The deal ended for `cause`, with these amounts; the rest of what the customer put in went back to it.
    function _assertRefunded(
        uint256 id,
        ICommissionMarket.Cause cause,
        uint256 toValidators,
        uint256 toDeveloper,
        uint256 burnt
    ) internal view {
        ICommissionLens.Commission memory c = lens.commission(id);
        assertEq(uint8(c.state), uint8(ICommissionMarket.State.Refunded), "state");
        assertEq(uint8(c.cause), uint8(cause), "cause");
        assertEq(_sum(validators), toValidators, "to validators");
        assertEq(_paid(developer), toDeveloper, "developer");
        assertEq(_burnt(paymentToken), burnt, "burnt");
        _assertAllPaidOut(id);
    }

    function _assertState(uint256 id, ICommissionMarket.State state) internal view {
        assertEq(uint8(market.stateOf(id)), uint8(state), "state");
    }

    /// @dev Where a deal stands: its state, its panel's, its audit's. A block that is named instead of another is no
    /// other place.
    function _placeOf(uint256 id) internal view returns (bytes32) {
        ICommissionLens.Commission memory c = lens.commission(id);
        if (c.state == ICommissionMarket.State.Revealing) c.state = ICommissionMarket.State.Bidding; // one to `advance`
        IRounds.RoundView memory round;
        if (c.panelId != 0 && !_panelIsGone(id)) round = rounds.roundOf(c.panelId);
        IAuditRegistry.AuditView memory audit;
        if (c.auditId != 0) audit = audits.audit(c.auditId);
        bool named = audit.armedBlock != 0;
        return keccak256(
            abi.encode(
                c.state,
                c.attempts,
                round.state,
                round.replaced,
                named,
                audit.draws,
                audit.opening,
                audit.seats
            )
        );
    }

    function _assertRound(uint256 id, IRounds.State state) internal view {
        assertEq(uint8(rounds.roundOf(_panelOf(id)).state), uint8(state), "round");
    }
}
