// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Bytes} from "@openzeppelin/contracts/utils/Bytes.sol";

import {IAuditRegistry} from "../../../contracts/interfaces/IAuditRegistry.sol";
import {ICommissionMarket} from "../../../contracts/interfaces/ICommissionMarket.sol";
import {IParticipantRegistry} from "../../../contracts/interfaces/IParticipantRegistry.sol";
import {IPolicy} from "../../../contracts/interfaces/IPolicy.sol";
import {IVickreyAuction} from "../../../contracts/interfaces/IVickreyAuction.sol";
import {CommissionRules} from "../../../contracts/market/CommissionRules.sol";
import {CommissionTerms, Terms} from "../../../contracts/market/CommissionTerms.sol";
import {Packed} from "../../../contracts/market/Packed.sol";
import {CommissionFixture} from "../CommissionFixture.sol";

/// @notice What an opening agrees on: the rules of the moment, copied once an edition and shared; and that all of it reads
/// back as it was written.
contract CommissionTermsTest is CommissionFixture {
    using CommissionTerms for address;
    using Packed for address;

    CommissionRules private _rules;

    function setUp() public override {
        super.setUp();
        _rules = new CommissionRules(registry, policy, models);
    }

    /* KEEPING */

    function testFuzz_terms_readBack(
        ICommissionMarket.Request memory request,
        address customer_,
        uint96 bond,
        IPolicy.CommissionTerms memory rules
    ) public {
        IPolicy.PanelTier[] memory tiers = new IPolicy.PanelTier[](1);
        tiers[0] = IPolicy.PanelTier(type(uint96).max, 99);
        address at = CommissionTerms.store(
            request, customer_, CommissionTerms.storeRules(rules, tiers), bond, rules.panelSize
        );
        Terms memory terms = at.load();
        assertEq(terms.customer, customer_);
        assertEq(at.customerOf(), customer_);
        assertEq(terms.bond, bond);
        assertEq(abi.encode(terms.rules), abi.encode(rules));
        request.maxTotal = 0; // what is not kept
        assertEq(abi.encode(terms.request), abi.encode(request));
    }

    /// @dev Nobody can run what is kept, whatever its bytes say.
    function testFuzz_terms_areNoProgram(ICommissionMarket.Request memory request, bytes memory data) public {
        address at = CommissionTerms.store(request, customer, address(0xff), 1, 1);
        assertEq(uint8(at.code[0]), 0, "STOP");
        bytes32 code = at.codehash;
        (bool done, bytes memory answer) = at.call{value: 0}(data);
        assertTrue(done);
        assertEq(answer.length, 0);
        assertEq(at.codehash, code);
    }

    /* SHARING */

    /// @dev Deals opened in one edition share one copy of their rules; another edition, or another kind of deal, has its own.
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
        assertEq(abi.encode(_agree(_request()).load().rules), abi.encode(_now(RESERVE)), "the next");
        assertEq(abi.encode(before.load()), agreed, "the earlier");
    }

    /// @dev Also for a panel size that nobody had when the copy was made.
    function testFuzz_agree_panelByReserve(uint96[2] memory below, uint96[4] memory reserves) public {
        IPolicy.PanelTier[] memory tiers = new IPolicy.PanelTier[](3);
        tiers[0] = IPolicy.PanelTier(uint96(bound(below[0], 1, type(uint96).max - 2)), 3);
        tiers[1] = IPolicy.PanelTier(uint96(bound(below[1], tiers[0].below + 1, type(uint96).max - 1)), 7);
        tiers[2] = IPolicy.PanelTier(type(uint96).max, 9);
        policy.setTokenRule(address(paymentToken), IPolicy.TokenRule(true, 1, 1), tiers);
        for (uint256 i; i < reserves.length; ++i) {
            ICommissionMarket.Request memory request = _request();
            request.reserve = uint96(bound(reserves[i], 1, type(uint96).max));
            (request.effortFee, request.killFee) = (0, 0);
            uint256 quoted = _rules.quote(request, customer);
            (address at, uint256 total,) = _rules.agree(1, request, customer);
            assertEq(total, quoted);
            assertEq(abi.encode(at.load().rules), abi.encode(_now(request.reserve)));
        }
    }

    /// @dev What was withdrawn is refused, though a copy from before is there.
    function test_agree_refusesWhatWasWithdrawn() public {
        _agree(_request());
        policy.setTokenRule(address(paymentToken), IPolicy.TokenRule(false, 1, 1), _tier());
        vm.expectRevert(abi.encodeWithSelector(IPolicy.TokenNotAllowed.selector, address(paymentToken)));
        _agree(_request());
    }

    /* THE AUCTION */

    /// @dev The eligibility that applied at the opening goes to the auction; the market is asked only about a share cap.
    function testFuzz_agree_auction(uint256 blocked, uint32 cap) public {
        policy.setJurisdictionRule(1, 1, blocked);
        policy.setShareCap(1, IPolicy.ShareCap(cap % 1_000_001, 1 days, 0));
        (,, bytes memory opening) = _rules.agree(1, _request(), customer);
        (uint96 number, IVickreyAuction.Terms memory terms) = _openingOf(opening);
        assertEq(number, 1);
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

    /// @dev The call that the market makes says what the deal opened under, whatever the rules are by then.
    function testFuzz_auditing_byTheRulesOfTheOpening(bytes32 manifest, uint40 interval, bool[3] memory asks)
        public
    {
        policy.setConformitySet(1, 7);
        IPolicy.ShareCap memory share = IPolicy.ShareCap(300_000, 30 days, uint96(interval) + 1);
        policy.setFeeShareCap(share);
        policy.setRiskClass(AUDITED, IPolicy.RiskClass(true, 2, asks[0], asks[1], interval, asks[2]));
        ICommissionMarket.Request memory r = _request();
        r.riskClass = AUDITED;
        address at = _agree(r);
        _change(uint256(manifest) % 10, interval);
        policy.setConformitySet(1, 8);
        policy.setFeeShareCap(IPolicy.ShareCap(1, 1 days, 0));
        bytes memory asking = _rules.auditing(3, at, manifest, developer);
        assertEq(bytes4(asking), IAuditRegistry.request.selector);
        (uint256 id, IAuditRegistry.AuditTerms memory audit) =
            abi.decode(Bytes.slice(asking, 4), (uint256, IAuditRegistry.AuditTerms));
        assertEq(id, 3);
        IAuditRegistry.AuditTerms memory wanted = IAuditRegistry.AuditTerms({
            subject: manifest,
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
            conformitySet: asks[2] ? 7 : 0,
            reverifyInterval: interval,
            scopes: asks[1] ? COVERED : 0,
            sharePpm: share.capPpm,
            sharePeriod: share.period,
            shareMinVolume: share.minVolume
        });
        assertEq(abi.encode(audit), abi.encode(wanted));
    }

    /* INTERNAL */

    function _agree(ICommissionMarket.Request memory request) private returns (address at) {
        (at,,) = _rules.agree(1, request, customer);
    }

    /// @dev Where the rules of a deal are kept.
    function _copyOf(address terms) private view returns (address) {
        return address(uint160(terms.words()[0] >> 96));
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
            policy.setTokenRule(address(paymentToken), IPolicy.TokenRule(true, FEE, part), _tier());
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
