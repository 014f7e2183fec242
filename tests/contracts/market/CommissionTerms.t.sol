// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IAuditRegistry} from "../../../contracts/interfaces/IAuditRegistry.sol";
import {ICommissionMarket} from "../../../contracts/interfaces/ICommissionMarket.sol";
import {IConformity} from "../../../contracts/interfaces/IConformity.sol";
import {IParticipantRegistry} from "../../../contracts/interfaces/IParticipantRegistry.sol";
import {IPolicy} from "../../../contracts/interfaces/IPolicy.sol";
import {IVickreyAuction} from "../../../contracts/interfaces/IVickreyAuction.sol";
import {IValidationOracle} from "../../../contracts/interfaces/IValidationOracle.sol";
import {SSTORE2} from "../../../contracts/kernel/SSTORE2.sol";
import {CommissionRules} from "../../../contracts/market/CommissionRules.sol";
import {CommissionTerms, Terms} from "../../../contracts/market/CommissionTerms.sol";
import {Rules} from "../../../contracts/policy/Rules.sol";
import {CommissionFixture} from "../CommissionFixture.sol";

/// @notice What an opening agrees on: the rules of the moment, copied once an edition and shared; and that all of it
/// reads back as it was written.
contract CommissionTermsTest is CommissionFixture {
    using CommissionTerms for address;
    using CommissionTerms for Terms;
    using Rules for uint256[];
    using SSTORE2 for address;

    CommissionRules private _rules;

    function setUp() public override {
        super.setUp();
        _rules = new CommissionRules(registry, policy, rulebook, models, address(oracle), staking);
    }

    /* KEEPING */

    function testFuzz_terms_readBack(
        ICommissionMarket.Request memory request,
        uint24 revealWindow,
        address customer_,
        IPolicy.CommissionTerms memory rules
    ) public {
        request.commitEnds = uint40(bound(request.commitEnds, 0, type(uint40).max - revealWindow));
        request.revealEnds = request.commitEnds + revealWindow;
        rules.bidBondPpm %= 1_000_001;
        rules.panelSize = 99;
        IPolicy.PanelTier[] memory tiers = new IPolicy.PanelTier[](1);
        tiers[0] = IPolicy.PanelTier(type(uint96).max, rules.panelSize);
        address at = CommissionTerms.write(
            request, customer_, SSTORE2.write(Rules.pack(rules, tiers)), rules.panelSize, 77
        );
        Terms memory terms = at.load();
        assertEq(terms.customer(), customer_);
        assertEq(at.customerOf(), customer_);
        assertEq(terms.panelSize(), rules.panelSize);
        assertEq(terms.paidSteps(), 77);
        assertEq(terms.bond(), (uint256(request.reserve) * rules.bidBondPpm + 999_999) / 1e6);
        assertEq(abi.encode(_rulesOf(terms, request.reserve)), abi.encode(rules));
        request.maxTotal = 0; // what is not kept
        assertEq(abi.encode(_requestOf(terms)), abi.encode(request));
    }

    /// @dev Nobody can run what is kept, whatever its bytes say.
    function testFuzz_terms_areNoProgram(ICommissionMarket.Request memory request, bytes memory data) public {
        address at = CommissionTerms.write(request, customer, address(0xff), 1, 0);
        assertEq(uint8(at.code[0]), 0, "STOP");
        bytes32 code = at.codehash;
        (bool done, bytes memory answer) = at.call{value: 0}(data);
        assertTrue(done);
        assertEq(answer.length, 0);
        assertEq(at.codehash, code);
    }

    /* SHARING */

    /// @dev Deals opened in one edition share one copy of their rules; another edition, or another kind of deal, has
    /// its own.
    function testFuzz_agree_sharesOneCopyAnEdition(uint96 reserve, bool audited) public {
        ICommissionMarket.Request memory request = _request();
        address first = _copyOf(_agree(request));
        request.reserve = uint96(bound(reserve, KILL_FEE, type(uint96).max));
        assertEq(_copyOf(_agree(request)), first, "whatever the reserve");
        request.riskClass = AUDITED;
        if (audited) assertNotEq(_copyOf(_agree(request)), first, "not whatever the risk class");
        request.riskClass = UNAUDITED;
        policy.setBidBond(policy.bidBondPpm());
        assertNotEq(_copyOf(_agree(request)), first, "another edition");
    }

    /// @dev Of every rule: the next opening follows a change of it, an earlier one does not.
    function testFuzz_agree_followsEveryChange(uint8 which, uint256 value) public {
        address before = _agree(_request());
        bytes memory agreed = abi.encode(before.load());
        _agree(_request()); // the copy is in use
        _change(which % 10, value);
        assertEq(
            abi.encode(_rulesOf(_agree(_request()).load(), RESERVE)), abi.encode(_now(RESERVE)), "the next"
        );
        assertEq(abi.encode(before.load()), agreed, "the earlier");
    }

    /// @dev Also for a panel size that nobody had when the copy was made.
    function testFuzz_agree_panelByReserve(uint96[2] memory below, uint96[4] memory reserves) public {
        IPolicy.PanelTier[] memory tiers = new IPolicy.PanelTier[](3);
        tiers[0] = IPolicy.PanelTier(uint96(bound(below[0], 1, type(uint96).max - 2)), 3);
        tiers[1] = IPolicy.PanelTier(uint96(bound(below[1], tiers[0].below + 1, type(uint96).max - 1)), 7);
        tiers[2] = IPolicy.PanelTier(type(uint96).max, 9);
        policy.setTokenRule(address(paymentToken), IPolicy.TokenRule(true, 1, 1, 0), tiers);
        for (uint256 i; i < reserves.length; ++i) {
            ICommissionMarket.Request memory request = _request();
            request.reserve = uint96(bound(reserves[i], 1, type(uint96).max));
            (request.effortFee, request.killFee) = (0, 0);
            uint256 quoted = _rules.quote(request, customer);
            (address at, uint256 total,) = _rules.agree(request, address(0), customer);
            assertEq(total, quoted);
            assertEq(abi.encode(_rulesOf(at.load(), request.reserve)), abi.encode(_now(request.reserve)));
        }
    }

    /// @dev What was withdrawn is refused, though a copy from before is there.
    function test_agree_refusesWhatWasWithdrawn() public {
        _agree(_request());
        policy.setTokenRule(address(paymentToken), IPolicy.TokenRule(false, 1, 1, 0), _tier());
        vm.expectRevert(abi.encodeWithSelector(IPolicy.TokenNotAllowed.selector, address(paymentToken)));
        _agree(_request());
    }

    /* THE AUCTION */

    /// @dev The eligibility that applied at the opening goes to the auction; the market is asked only about a share
    /// cap.
    function testFuzz_agree_auction(uint256 blocked, uint32 cap) public {
        policy.setJurisdictionRule(1, 1, blocked);
        policy.setShareCap(1, IPolicy.ShareCap(cap % 1_000_001, 1 days, 0));
        (,, IVickreyAuction.Terms memory terms) = _rules.agree(_request(), address(0), customer);
        ICommissionMarket.Request memory r = _request();
        assertEq(terms.token, r.token);
        assertEq(terms.bond, BOND);
        assertEq(terms.reserve, r.reserve);
        assertEq(terms.commitEnds, r.commitEnds);
        assertEq(terms.revealEnds, r.revealEnds);
        assertEq(terms.winners, 1);
        assertEq(uint8(terms.direction), uint8(IVickreyAuction.Direction.Procurement));
        assertEq(terms.gated, cap % 1_000_001 != 0);
        assertEq(
            abi.encode(terms.eligibility),
            abi.encode(IParticipantRegistry.Eligibility(customer, 0, r.domain, blocked))
        );
    }

    /* THE AUDIT */

    /// @dev What the market asks the audit by is what the deal opened under, whatever the rules are by then.
    function testFuzz_auditing_byTheRulesOfTheOpening(uint40 interval, bool[3] memory asks, uint8 which)
        public
    {
        uint32 set = _testSet();
        policy.setConformitySet(1, set);
        IPolicy.ShareCap memory share = IPolicy.ShareCap(300_000, 30 days, uint96(interval) + 1);
        policy.setFeeShareCap(share);
        policy.setRiskClass(AUDITED, IPolicy.RiskClass(true, 2, asks[0], asks[1], interval, asks[2]));
        ICommissionMarket.Request memory r = _request();
        r.riskClass = AUDITED;
        uint256 id = _open(r);
        _change(which % 10, interval);
        policy.setConformitySet(1, _testSet());
        policy.setFeeShareCap(IPolicy.ShareCap(1, 1 days, 0));
        _award(id, RESERVE / 2);
        _seatPanel(id);
        _grantData(id);
        _answer(id, _says(IValidationOracle.ReportStatus.Answered));
        market.advance(id);
        _submit(id, "model");
        _evaluate(id, THRESHOLD);
        IAuditRegistry.AuditTerms memory wanted = IAuditRegistry.AuditTerms({
            subject: "model",
            customer: customer,
            fee: r.auditFee,
            token: r.token,
            bond: AUDITOR_BOND,
            developer: developer,
            domain: r.domain,
            auditors: 2,
            regulator: asks[0],
            window: times.audit,
            coolingOff: COOLING_OFF,
            conformitySet: asks[2] ? set : 0,
            reverifyInterval: interval,
            scopes: asks[1] ? COVERED : 0,
            sharePpm: share.capPpm,
            sharePeriod: share.period,
            shareMinVolume: share.minVolume
        });
        assertEq(abi.encode(audits.audit(lens.commission(id).auditId).terms), abi.encode(wanted));
    }

    /* INTERNAL */

    /// @dev A new set of the regulator's.
    function _testSet() private returns (uint32) {
        IConformity.TestSet memory set;
        (set.body, set.token, set.domain, set.panelSize) = (regulator, address(paymentToken), 1, PANEL);
        (set.spec, set.dataset) = ("spec", "dataset");
        vm.prank(regulator);
        return conformity.register(set);
    }

    function _agree(ICommissionMarket.Request memory request) private returns (address at) {
        (at,,) = _rules.agree(request, address(0), customer);
    }

    /// @dev Where the rules of a deal are kept.
    function _copyOf(address terms) private view returns (address) {
        return address(uint160(terms.read()[0] >> 96));
    }

    /// @dev All that the readers of `Rules` say.
    function _rulesOf(Terms memory terms, uint96 reserve)
        private
        pure
        returns (IPolicy.CommissionTerms memory rules)
    {
        uint256[] memory words = terms.rules;
        (rules.treasury, rules.feePpm, rules.bidBondPpm) =
        (words.treasury(), words.feePpm(), words.bidBondPpm());
        (rules.panelSize, rules.audits) = (words.panelSize(reserve), words.audits());
        (rules.regulator, rules.explainability) = (words.regulator(), words.explainability());
        (rules.conformitySet, rules.reverifyInterval) = (words.conformitySet(), words.reverifyInterval());
        (rules.minEvaluationFee, rules.appealBond) = (words.minEvaluationFee(), words.appealBond());
        rules.stepFee = words.stepFee();
        (rules.timeouts, rules.shareCap) = (words.timeouts(), words.shareCap());
        (rules.feeShareCap, rules.coolingOff) = (words.feeShareCap(), words.coolingOff());
        rules.stakes = IPolicy.Stakes({
            seat: words.seatStake(),
            auditor: words.auditorBond(),
            silencePpm: words.silencePpm(),
            withholdPpm: words.withholdPpm()
        });
        rules.blockedJurisdictions = words.blockedJurisdictions();
    }

    /// @dev All that the readers of `CommissionTerms` say of the request.
    function _requestOf(Terms memory terms) private pure returns (ICommissionMarket.Request memory r) {
        (r.spec, r.dataset, r.token, r.reserve) =
        (terms.spec(), terms.dataset(), terms.token(), terms.reserve());
        (r.evaluationFee, r.auditFee) = (terms.evaluationFee(), terms.auditFee());
        (r.effortFee, r.killFee) = (terms.effortFee(), terms.killFee());
        (r.threshold, r.effortScore) = (terms.threshold(), terms.effortScore());
        (r.tolerance, r.requiredCriteria) = (terms.tolerance(), terms.requiredCriteria());
        (r.domain, r.riskClass, r.submissionCap) = (terms.domain(), terms.riskClass(), terms.submissionCap());
        (r.commitEnds, r.revealEnds) = (terms.commitEnds(), terms.revealEnds());
        r.buildWindow = terms.buildWindow();
    }

    function _now(uint96 reserve) private view returns (IPolicy.CommissionTerms memory) {
        return policy.commissionTerms(address(paymentToken), 1, UNAUDITED, 1, reserve);
    }

    function _tier() private pure returns (IPolicy.PanelTier[] memory tiers) {
        tiers = new IPolicy.PanelTier[](1);
        tiers[0] = IPolicy.PanelTier(type(uint96).max, 31);
    }

    /// @dev Moves one rule, to somewhere within its bounds.
    function _change(uint256 which, uint256 value) private {
        uint32 part = uint32(value);
        if (which == 0) {
            policy.setTokenRule(address(paymentToken), IPolicy.TokenRule(true, FEE, part, part), _tier());
        }
        if (which == 1) policy.setFee(part % 50_001, address(uint160(bound(value, 1, type(uint160).max))));
        if (which == 2) policy.setBidBond(uint32(bound(part, 100_000, 1_000_000)));
        if (which == 3) policy.setTimeouts(_times(uint32(bound(part, 1 minutes, 50 days))));
        if (which == 4) policy.setStakes(IPolicy.Stakes(uint96(part) + 1, uint96(value), 7, 8));
        if (which == 5) {
            policy.setRiskClass(UNAUDITED, IPolicy.RiskClass(true, 0, false, false, part, false));
        }
        if (which == 6) policy.setShareCap(1, IPolicy.ShareCap(part % 1_000_001, 2 days, uint96(value)));
        if (which == 7) policy.setCoolingOff(part % (5 * 365 days));
        if (which == 8) policy.setWaits(part % 365 days, 0);
        if (which == 9) policy.setJurisdictionRule(1, 1, value);
    }

    function _times(uint32 t) private pure returns (IPolicy.Timeouts memory) {
        return IPolicy.Timeouts(t, t + 1, t + 2, t + 3, t + 4, t + 5, t + 6, t + 7);
    }
}
