// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IAccessControl} from "@openzeppelin/contracts/access/IAccessControl.sol";
import {Test} from "forge-std/Test.sol";

import {IPolicy} from "../../../contracts/interfaces/IPolicy.sol";
import {Policy} from "../../../contracts/policy/Policy.sol";

contract PolicyTest is Test {
    address private _governance = makeAddr("governance");
    address private _token = makeAddr("token");
    Policy private _policy;

    function setUp() public {
        _policy = new Policy(_governance);
        vm.startPrank(_governance);
    }

    /* DEFAULTS */

    function test_Defaults_AreWithinTheBounds() public {
        assertEq(_policy.treasury(), _governance);
        assertEq(_policy.feePpm(), 25_000);
        assertEq(_policy.bidBondPpm(), 100_000);
        assertEq(_policy.domainCount(), 0);
        assertEq(_policy.jurisdictionCount(), 0);
        IPolicy.Stakes memory stakes = _policy.stakes();
        assertEq(stakes.seat, 1000e18);
        assertEq(stakes.auditor, 1000e18);
        assertEq(stakes.silencePpm, 50_000);
        assertEq(stakes.withholdPpm, 200_000);
        assertEq(_policy.coolingOff(), 365 days);
        assertEq(_policy.trustedWait(), 7 days);
        assertEq(_policy.domainCooldown(), 90 days);
        IPolicy.Timeouts memory defaults =
            IPolicy.Timeouts(6 hours, 2 days, 1 days, 12 hours, 2 days, 7 days, 2 days, 3 days);
        assertEq(abi.encode(_policy.timeouts()), abi.encode(defaults));
        // Every default can be set again.
        _policy.setFee(_policy.feePpm(), _policy.treasury());
        _policy.setBidBond(_policy.bidBondPpm());
        _policy.setTimeouts(_policy.timeouts());
        _policy.setStakes(_policy.stakes());
        _policy.setCoolingOff(_policy.coolingOff());
        _policy.setWaits(_policy.trustedWait(), _policy.domainCooldown());
    }

    function test_Constructor_RefusesNoGovernance() public {
        vm.expectRevert(IPolicy.ZeroAddress.selector);
        new Policy(address(0));
    }

    function testFuzz_Setters_AreGovernancesAlone(address stranger) public {
        vm.assume(stranger != _governance);
        bytes[16] memory calls = _changes();
        bytes memory refusal = abi.encodeWithSelector(
            IAccessControl.AccessControlUnauthorizedAccount.selector, stranger, bytes32(0)
        );
        vm.startPrank(stranger);
        for (uint256 i = 0; i < calls.length; ++i) {
            (bool done, bytes memory answer) = address(_policy).call(calls[i]);
            assertFalse(done);
            assertEq(answer, refusal);
        }
        assertEq(_policy.edition(), 0);
    }

    /// @dev Whoever keeps a copy of the rules learns of every change, and of changes only.
    function test_Edition_CountsEveryChange() public {
        bytes[16] memory calls = _changes();
        for (uint256 i = 0; i < calls.length; ++i) {
            (bool done,) = address(_policy).call(calls[i]);
            assertTrue(done);
            assertEq(_policy.edition(), i + 1);
        }
        (bool refused,) = address(_policy).call(abi.encodeCall(IPolicy.setBidBond, (1)));
        assertFalse(refused);
        assertEq(_policy.edition(), calls.length);
    }

    /// @dev While the edition is the same, so is all that applies to a commission, in whatever order calls came.
    function testFuzz_Edition_NamesOneSetOfRules(uint8[8] memory picks, uint96 reserve) public {
        _list();
        bytes[16] memory calls = _changes();
        bytes memory terms = abi.encode(_policy.commissionTerms(_token, 1, 2, 1, reserve));
        for (uint256 i = 0; i < picks.length; ++i) {
            uint32 edition = _policy.edition();
            (bool done,) = address(_policy).call(calls[1 + picks[i] % 12]); // all but withdrawing the token
            bytes memory now_ = abi.encode(_policy.commissionTerms(_token, 1, 2, 1, reserve));
            assertEq(_policy.edition(), done ? edition + 1 : edition);
            if (!done) assertEq(now_, terms);
            terms = now_;
        }
    }

    /* RATES AND TIMES */

    function testFuzz_SetFee(uint32 ppm, address treasury) public {
        vm.assume(treasury != address(0));
        if (ppm > 50_000) {
            _expectOutOfBounds("feePpm", ppm, 0, 50_000);
            _policy.setFee(ppm, treasury);
            return;
        }
        vm.expectEmit(address(_policy));
        emit IPolicy.FeeSet(ppm, treasury);
        _policy.setFee(ppm, treasury);
        assertEq(_policy.feePpm(), ppm);
        assertEq(_policy.treasury(), treasury);
    }

    function test_SetFee_AtTheBound() public {
        _policy.setFee(50_000, _governance);
        _expectOutOfBounds("feePpm", 50_001, 0, 50_000);
        _policy.setFee(50_001, _governance);
        vm.expectRevert(IPolicy.ZeroAddress.selector);
        _policy.setFee(1, address(0));
    }

    function testFuzz_SetBidBond(uint32 ppm) public {
        ppm = uint32(bound(ppm, 100_000, 1_000_000));
        vm.expectEmit(address(_policy));
        emit IPolicy.BidBondSet(ppm);
        _policy.setBidBond(ppm);
        assertEq(_policy.bidBondPpm(), ppm);
    }

    function test_SetBidBond_RefusesOutside() public {
        _expectOutOfBounds("bidBondPpm", 99_999, 100_000, 1_000_000);
        _policy.setBidBond(99_999);
        _expectOutOfBounds("bidBondPpm", 1_000_001, 100_000, 1_000_000);
        _policy.setBidBond(1_000_001);
    }

    function testFuzz_SetTimeouts(uint32[8] memory values) public {
        for (uint256 i = 0; i < 8; ++i) {
            values[i] = uint32(bound(values[i], 1 minutes, 60 days));
        }
        vm.expectEmit(address(_policy));
        emit IPolicy.TimeoutsSet(_timeouts(values));
        _policy.setTimeouts(_timeouts(values));
        assertEq(abi.encode(_policy.timeouts()), abi.encode(values));
    }

    function testFuzz_SetTimeouts_RefusesEachOutside(uint8 which, uint32 value) public {
        bytes32[8] memory names =
            [bytes32("draw"), "grant", "commit", "reveal", "appeal", "audit", "delivery", "challenge"];
        which %= 8;
        if (value % 2 == 0) value = uint32(bound(value, 0, 1 minutes - 1));
        else value = uint32(bound(value, 60 days + 1, type(uint32).max));
        uint32[8] memory values =
            [uint32(1 hours), 1 hours, 1 hours, 1 hours, 1 hours, 1 hours, 1 hours, 1 hours];
        values[which] = value;
        _expectOutOfBounds(names[which], value, 1 minutes, 60 days);
        _policy.setTimeouts(_timeouts(values));
    }

    function testFuzz_SetStakes(uint96 seat, uint96 auditor, uint32 silence, uint32 withhold) public {
        seat = uint96(bound(seat, 1, type(uint96).max));
        withhold = uint32(bound(withhold, 0, 1_000_000));
        silence = uint32(bound(silence, 0, withhold));
        IPolicy.Stakes memory values = IPolicy.Stakes(seat, auditor, silence, withhold);
        vm.expectEmit(address(_policy));
        emit IPolicy.StakesSet(values);
        _policy.setStakes(values);
        assertEq(abi.encode(_policy.stakes()), abi.encode(values));
    }

    function test_SetStakes_RefusesOutside() public {
        _expectOutOfBounds("seat", 0, 1, type(uint96).max);
        _policy.setStakes(IPolicy.Stakes(0, 1, 1, 1));
        _expectOutOfBounds("withholdPpm", 1_000_001, 0, 1_000_000);
        _policy.setStakes(IPolicy.Stakes(1, 1, 1, 1_000_001));
        _expectOutOfBounds("silencePpm", 11, 0, 10);
        _policy.setStakes(IPolicy.Stakes(1, 1, 11, 10));
    }

    function testFuzz_SetCoolingOff(uint40 value) public {
        if (value > 5 * 365 days) {
            _expectOutOfBounds("coolingOff", value, 0, 5 * 365 days);
            _policy.setCoolingOff(value);
            value = uint40(bound(value, 0, 5 * 365 days));
        }
        vm.expectEmit(address(_policy));
        emit IPolicy.CoolingOffSet(value);
        _policy.setCoolingOff(value);
        assertEq(_policy.coolingOff(), value);
    }

    function testFuzz_SetWaits(uint40 trusted, uint40 domainChange) public {
        trusted = uint40(bound(trusted, 0, 365 days));
        domainChange = uint40(bound(domainChange, 0, 365 days));
        vm.expectEmit(address(_policy));
        emit IPolicy.WaitsSet(trusted, domainChange);
        _policy.setWaits(trusted, domainChange);
        assertEq(_policy.trustedWait(), trusted);
        assertEq(_policy.domainCooldown(), domainChange);
    }

    function test_SetWaits_RefusesOutside() public {
        _expectOutOfBounds("trustedWait", 365 days + 1, 0, 365 days);
        _policy.setWaits(365 days + 1, 0);
        _expectOutOfBounds("domainCooldown", 365 days + 1, 0, 365 days);
        _policy.setWaits(0, 365 days + 1);
    }

    /* TOKENS AND PANELS */

    function testFuzz_SetTokenRule(
        bool allowed,
        uint96 fee,
        uint96 bond,
        uint88 stepFee,
        uint96[7] memory below,
        uint8 n
    ) public {
        IPolicy.PanelTier[] memory tiers = _tiers(below, n);
        stepFee = uint88(bound(stepFee, 0, fee < type(uint88).max ? fee : type(uint88).max));
        IPolicy.TokenRule memory rule = IPolicy.TokenRule(allowed, fee, bond, stepFee);
        vm.expectEmit(address(_policy));
        emit IPolicy.TokenRuleSet(_token, allowed, fee, bond, stepFee);
        vm.expectEmit(address(_policy));
        emit IPolicy.PanelTiersSet(_token, tiers);
        _policy.setTokenRule(_token, rule, tiers);
        assertEq(abi.encode(_policy.tokenRule(_token)), abi.encode(rule));
        assertEq(abi.encode(_policy.panelTiers(_token)), abi.encode(tiers));

        // A second rule leaves nothing of the first.
        _policy.setTokenRule(_token, rule, _oneTier(3));
        assertEq(_policy.panelTiers(_token).length, 1);
    }

    /// @dev A step never earns more than the least that a validator does for a question.
    function testFuzz_SetTokenRule_BoundsTheStepFee(uint88 fee, uint88 stepFee) public {
        stepFee = uint88(bound(stepFee, 1, type(uint88).max));
        fee = uint88(bound(fee, 0, stepFee - 1));
        _expectOutOfBounds("stepFee", stepFee, 0, fee);
        _policy.setTokenRule(_token, IPolicy.TokenRule(true, fee, 0, stepFee), _oneTier(3));
        _policy.setTokenRule(_token, IPolicy.TokenRule(true, stepFee, 0, stepFee), _oneTier(3));
        assertEq(_policy.tokenRule(_token).stepFee, stepFee);
    }

    function test_SetTokenRule_RefusesBadTiers() public {
        IPolicy.TokenRule memory rule = IPolicy.TokenRule(true, 0, 0, 0);
        vm.expectRevert(IPolicy.ZeroAddress.selector);
        _policy.setTokenRule(address(0), rule, _oneTier(3));

        _expectOutOfBounds("tiers", 0, 1, 8);
        _policy.setTokenRule(_token, rule, new IPolicy.PanelTier[](0));
        _expectOutOfBounds("tiers", 9, 1, 8);
        _policy.setTokenRule(_token, rule, new IPolicy.PanelTier[](9));

        uint8 max = _policy.MAX_PANEL();
        _expectOutOfBounds("panelSize", 1, 3, max);
        _policy.setTokenRule(_token, rule, _oneTier(1));
        _expectOutOfBounds("panelSize", max + 1, 3, max);
        _policy.setTokenRule(_token, rule, _oneTier(max + 1));
        vm.expectRevert(IPolicy.InvalidTiers.selector);
        _policy.setTokenRule(_token, rule, _oneTier(4));

        IPolicy.PanelTier[] memory tiers = _oneTier(3);
        tiers[0].below = type(uint96).max - 1; // a reserve price above has no panel
        vm.expectRevert(IPolicy.InvalidTiers.selector);
        _policy.setTokenRule(_token, rule, tiers);

        tiers = new IPolicy.PanelTier[](2);
        tiers[0] = IPolicy.PanelTier(type(uint96).max, 3); // not ascending
        tiers[1] = IPolicy.PanelTier(type(uint96).max, 5);
        vm.expectRevert(IPolicy.InvalidTiers.selector);
        _policy.setTokenRule(_token, rule, tiers);
    }

    /* CLASSES, CAPS, LISTS */

    function testFuzz_SetRiskClass(uint8 id, uint8 audits, bool[3] calldata asks, uint40 interval) public {
        audits = uint8(bound(audits, asks[0] || asks[1] || asks[2] ? 1 : 0, 7));
        IPolicy.RiskClass memory rule = IPolicy.RiskClass(true, audits, asks[0], asks[1], interval, asks[2]);
        vm.expectEmit(address(_policy));
        emit IPolicy.RiskClassSet(id, rule);
        _policy.setRiskClass(id, rule);
        assertEq(abi.encode(_policy.riskClass(id)), abi.encode(rule));
    }

    function test_SetRiskClass_RefusesOutside() public {
        _expectOutOfBounds("audits", 8, 0, 7);
        _policy.setRiskClass(1, IPolicy.RiskClass(true, 8, false, false, 0, false));
        _expectOutOfBounds("audits", 0, 1, 7); // a regulator needs a seat
        _policy.setRiskClass(1, IPolicy.RiskClass(true, 0, true, false, 0, false));
        _expectOutOfBounds("audits", 0, 1, 7); // somebody has to explain
        _policy.setRiskClass(1, IPolicy.RiskClass(true, 0, false, true, 0, false));
        _expectOutOfBounds("audits", 0, 1, 7); // audits are what waits for the test
        _policy.setRiskClass(1, IPolicy.RiskClass(true, 0, false, false, 0, true));
    }

    function testFuzz_SetShareCap(uint32 capPpm, uint40 period, uint96 minVolume) public {
        _policy.addDomain("healthcare");
        IPolicy.ShareCap memory cap = IPolicy.ShareCap(
            uint32(bound(capPpm, 0, 1_000_000)), uint40(bound(period, 1 days, 5 * 365 days)), minVolume
        );
        vm.expectEmit(address(_policy));
        emit IPolicy.ShareCapSet(1, cap);
        _policy.setShareCap(1, cap);
        assertEq(abi.encode(_policy.shareCap(1)), abi.encode(cap));
    }

    function test_SetShareCap_RefusesOutside() public {
        vm.expectRevert(abi.encodeWithSelector(IPolicy.UnknownDomain.selector, 1));
        _policy.setShareCap(1, IPolicy.ShareCap(0, 0, 0));
        _policy.addDomain("healthcare");
        _expectOutOfBounds("capPpm", 1_000_001, 0, 1_000_000);
        _policy.setShareCap(1, IPolicy.ShareCap(1_000_001, 30 days, 0));
        _expectOutOfBounds("period", 0, 1 days, 5 * 365 days);
        _policy.setShareCap(1, IPolicy.ShareCap(1, 0, 0));
        _policy.setShareCap(1, IPolicy.ShareCap(0, 0, 0)); // switched off, it needs no period
    }

    function testFuzz_SetFeeShareCap(uint32 capPpm, uint40 period, uint96 minVolume) public {
        IPolicy.ShareCap memory cap = IPolicy.ShareCap(
            uint32(bound(capPpm, 0, 1_000_000)), uint40(bound(period, 1 days, 5 * 365 days)), minVolume
        );
        vm.expectEmit(address(_policy));
        emit IPolicy.FeeShareCapSet(cap);
        _policy.setFeeShareCap(cap);
        assertEq(abi.encode(_policy.feeShareCap()), abi.encode(cap));
        _expectOutOfBounds("capPpm", 1_000_001, 0, 1_000_000);
        _policy.setFeeShareCap(IPolicy.ShareCap(1_000_001, 30 days, 0));
        _expectOutOfBounds("period", 5 * 365 days + 1, 1 days, 5 * 365 days);
        _policy.setFeeShareCap(IPolicy.ShareCap(1, 5 * 365 days + 1, 0));
    }

    function testFuzz_SetConformitySet(uint32 setId) public {
        vm.expectRevert(abi.encodeWithSelector(IPolicy.UnknownDomain.selector, 1));
        _policy.setConformitySet(1, setId);
        _policy.addDomain("healthcare");
        vm.expectRevert(abi.encodeWithSelector(IPolicy.UnknownDomain.selector, 0));
        _policy.setConformitySet(0, setId);
        vm.expectEmit(address(_policy));
        emit IPolicy.ConformitySetSet(1, setId);
        _policy.setConformitySet(1, setId);
        assertEq(_policy.conformitySet(1), setId);
        _policy.setConformitySet(1, 0); // none any more
        assertEq(_policy.conformitySet(1), 0);
    }

    function testFuzz_AddDomain(bytes32 name) public {
        vm.assume(name != 0);
        vm.expectEmit(address(_policy));
        emit IPolicy.DomainAdded(1, name);
        assertEq(_policy.addDomain(name), 1);
        assertEq(_policy.addDomain("finance"), 2);
        assertEq(_policy.domainCount(), 2);
        assertEq(_policy.domainName(1), name);
        assertEq(_policy.domainName(2), "finance");
    }

    function testFuzz_AddJurisdiction(bytes2 isoCode) public {
        vm.assume(isoCode != 0);
        vm.expectEmit(address(_policy));
        emit IPolicy.JurisdictionAdded(1, isoCode);
        assertEq(_policy.addJurisdiction(isoCode), 1);
        assertEq(_policy.jurisdictionCount(), 1);
        assertEq(_policy.jurisdictionCode(1), isoCode);
    }

    function test_Lists_RefuseEmptyNamesAndThe256th() public {
        vm.expectRevert(IPolicy.EmptyName.selector);
        _policy.addDomain(0);
        vm.expectRevert(IPolicy.EmptyName.selector);
        _policy.addJurisdiction(0);
        for (uint256 i = 1; i <= 255; ++i) {
            assertEq(_policy.addDomain("domain"), i);
            assertEq(_policy.addJurisdiction("DE"), i);
        }
        vm.expectRevert(IPolicy.ListFull.selector);
        _policy.addDomain("domain");
        vm.expectRevert(IPolicy.ListFull.selector);
        _policy.addJurisdiction("DE");
    }

    function testFuzz_SetJurisdictionRule(uint256 blocked) public {
        _policy.addDomain("healthcare");
        _policy.addJurisdiction("DE");
        vm.expectEmit(address(_policy));
        emit IPolicy.JurisdictionRuleSet(1, 1, blocked);
        _policy.setJurisdictionRule(1, 1, blocked);
        assertEq(_policy.blockedDevelopers(1, 1), blocked);
    }

    function testFuzz_SetJurisdictionRule_RefusesUnknown(uint8 unknown) public {
        vm.assume(unknown != 1);
        _policy.addDomain("healthcare");
        _policy.addJurisdiction("DE");
        vm.expectRevert(abi.encodeWithSelector(IPolicy.UnknownDomain.selector, unknown));
        _policy.setJurisdictionRule(unknown, 1, 1);
        vm.expectRevert(abi.encodeWithSelector(IPolicy.UnknownJurisdiction.selector, unknown));
        _policy.setJurisdictionRule(1, unknown, 1);
    }

    /* TERMS */

    function test_CommissionTerms_AreWhatApplies() public {
        _list();
        _policy.setJurisdictionRule(1, 1, 1 << 2);
        _policy.setShareCap(1, IPolicy.ShareCap(400_000, 90 days, 7));
        IPolicy.CommissionTerms memory terms = _policy.commissionTerms(_token, 1, 2, 1, 100);
        assertEq(terms.treasury, _policy.treasury());
        assertEq(terms.feePpm, _policy.feePpm());
        assertEq(terms.bidBondPpm, _policy.bidBondPpm());
        assertEq(terms.panelSize, 5);
        assertEq(terms.audits, 2);
        assertTrue(terms.regulator);
        assertEq(terms.minEvaluationFee, 11);
        assertEq(terms.appealBond, 22);
        assertEq(terms.stepFee, 3);
        assertEq(abi.encode(terms.timeouts), abi.encode(_policy.timeouts()));
        assertEq(abi.encode(terms.stakes), abi.encode(_policy.stakes()));
        assertEq(abi.encode(terms.shareCap), abi.encode(IPolicy.ShareCap(400_000, 90 days, 7)));
        assertEq(terms.coolingOff, _policy.coolingOff());
        assertEq(terms.blockedJurisdictions, 1 << 2);
    }

    /// @dev The size is the first tier's whose `below` the reserve price is below, as a plain search finds it.
    function testFuzz_CommissionTerms_PanelByReserve(uint96[7] memory below, uint8 n, uint96 reserve) public {
        _list();
        IPolicy.PanelTier[] memory tiers = _tiers(below, n);
        _policy.setTokenRule(_token, IPolicy.TokenRule(true, 0, 0, 0), tiers);
        uint8 size = tiers[tiers.length - 1].size;
        for (uint256 i = tiers.length; i > 0; --i) {
            if (reserve < tiers[i - 1].below) size = tiers[i - 1].size;
        }
        assertEq(_policy.commissionTerms(_token, 1, 2, 1, reserve).panelSize, size);
    }

    function test_CommissionTerms_PanelAtTheEdges() public {
        _list();
        assertEq(_policy.commissionTerms(_token, 1, 2, 1, 0).panelSize, 3);
        assertEq(_policy.commissionTerms(_token, 1, 2, 1, 99).panelSize, 3);
        assertEq(_policy.commissionTerms(_token, 1, 2, 1, 100).panelSize, 5);
        assertEq(_policy.commissionTerms(_token, 1, 2, 1, type(uint96).max).panelSize, 5);
    }

    function testFuzz_CommissionTerms_RefusesUnknown(uint8 unknown, address token) public {
        vm.assume(unknown > 2 && token != _token);
        _list();
        vm.expectRevert(abi.encodeWithSelector(IPolicy.TokenNotAllowed.selector, token));
        _policy.commissionTerms(token, 1, 2, 1, 1);
        vm.expectRevert(abi.encodeWithSelector(IPolicy.UnknownDomain.selector, unknown));
        _policy.commissionTerms(_token, unknown, 2, 1, 1);
        vm.expectRevert(abi.encodeWithSelector(IPolicy.UnknownRiskClass.selector, unknown));
        _policy.commissionTerms(_token, 1, unknown, 1, 1);
        vm.expectRevert(abi.encodeWithSelector(IPolicy.UnknownJurisdiction.selector, unknown));
        _policy.commissionTerms(_token, 1, 2, unknown, 1);
    }

    function test_CommissionTerms_RefusesWhatWasWithdrawn() public {
        _list();
        IPolicy.RiskClass memory undefined;
        _policy.setRiskClass(2, undefined);
        vm.expectRevert(abi.encodeWithSelector(IPolicy.UnknownRiskClass.selector, 2));
        _policy.commissionTerms(_token, 1, 2, 1, 1);
        _policy.setTokenRule(_token, IPolicy.TokenRule(false, 0, 0, 0), _oneTier(3));
        vm.expectRevert(abi.encodeWithSelector(IPolicy.TokenNotAllowed.selector, _token));
        _policy.commissionTerms(_token, 1, 2, 1, 1);
    }

    /// @dev What a sale of something finished is asked, as it stands at that moment.
    function testFuzz_PurchaseRules(uint8 audits, bool thirdParty, uint40 interval, uint256 blocked) public {
        _list();
        audits = uint8(bound(audits, thirdParty ? 1 : 0, 7));
        _policy.setRiskClass(3, IPolicy.RiskClass(true, audits, false, false, interval, thirdParty));
        _policy.setJurisdictionRule(1, 1, blocked);
        (uint8 a, bool asked, uint40 i, uint256 b) = _policy.purchaseRules(3, 1, 1);
        assertEq(a, audits);
        assertEq(asked, thirdParty);
        assertEq(i, interval);
        assertEq(b, blocked);
        (,,, b) = _policy.purchaseRules(3, 1, 2);
        assertEq(b, 0, "of the buyer's place");
        (,,, b) = _policy.purchaseRules(3, 2, 1);
        assertEq(b, 0, "of the domain");
    }

    function test_PurchaseRules_NotDuringAHalt_NorOfAnUnknownClass() public {
        _list();
        vm.expectRevert(abi.encodeWithSelector(IPolicy.UnknownRiskClass.selector, 3));
        _policy.purchaseRules(3, 1, 1);
        _policy.grantRole(_policy.BRAKE_ROLE(), _governance);
        _policy.halt();
        uint40 until = _policy.haltedUntil();
        vm.warp(until - 1);
        vm.expectRevert(abi.encodeWithSelector(IPolicy.MarketHalted.selector, until));
        _policy.purchaseRules(2, 1, 1);
        vm.warp(until);
        _policy.purchaseRules(2, 1, 1);
    }

    function test_OfferRules_AreWhatApplies() public {
        _list();
        _policy.setFee(12_345, makeAddr("treasury"));
        (address receiver, uint32 ppm, uint32 delivery, uint32 challenge, uint96 least) =
            _policy.offerRules(_token);
        assertEq(receiver, makeAddr("treasury"));
        assertEq(ppm, 12_345);
        assertEq(delivery, _policy.timeouts().delivery);
        assertEq(challenge, _policy.timeouts().challenge);
        assertEq(least, 11, "the smallest evaluation fee");
        address other = makeAddr("other");
        vm.expectRevert(abi.encodeWithSelector(IPolicy.TokenNotAllowed.selector, other));
        _policy.offerRules(other);
    }

    /* RULES OF DATA */

    function testFuzz_SetDataRule(uint40 lifetime, uint32 purposes, uint8 listed) public {
        _list();
        listed = uint8(bound(listed, 0, 31));
        for (uint256 i; i < listed; ++i) {
            assertEq(_policy.addPurpose(bytes32(i + 1)), i + 1);
        }
        assertEq(_policy.purposeCount(), listed);
        lifetime = uint40(bound(lifetime, 0, 100 * 365 days));
        IPolicy.DataRule memory rule = IPolicy.DataRule(lifetime, purposes);
        if (purposes & 1 != 0 || uint256(purposes) >> (uint256(listed) + 1) != 0) {
            vm.expectRevert(abi.encodeWithSelector(IPolicy.UnknownPurpose.selector, purposes));
            _policy.setDataRule(1, rule);
            return;
        }
        vm.expectEmit(address(_policy));
        emit IPolicy.DataRuleSet(1, rule);
        _policy.setDataRule(1, rule);
        assertEq(abi.encode(_policy.dataRule(1)), abi.encode(rule));
    }

    function test_SetDataRule_RefusesOutside() public {
        vm.expectRevert(abi.encodeWithSelector(IPolicy.UnknownDomain.selector, 1));
        _policy.setDataRule(1, IPolicy.DataRule(0, 0));
        _list();
        _expectOutOfBounds("maxLifetime", 100 * 365 days + 1, 0, 100 * 365 days);
        _policy.setDataRule(1, IPolicy.DataRule(100 * 365 days + 1, 0));
    }

    function test_AddPurpose_FillsTheList() public {
        vm.expectRevert(IPolicy.EmptyName.selector);
        _policy.addPurpose(0);
        vm.expectEmit(address(_policy));
        emit IPolicy.PurposeAdded(1, "training");
        _policy.addPurpose("training");
        assertEq(_policy.purposeName(1), "training");
        for (uint256 i; i < 30; ++i) {
            _policy.addPurpose("another");
        }
        vm.expectRevert(IPolicy.ListFull.selector);
        _policy.addPurpose("one too many");
    }

    /* INTERNAL */

    /// @dev One call of every function that changes something, each of which succeeds after those before it.
    function _changes() private returns (bytes[16] memory) {
        IPolicy.TokenRule memory rule;
        IPolicy.ShareCap memory cap;
        IPolicy.RiskClass memory risk;
        return [
            abi.encodeCall(IPolicy.setTokenRule, (_token, rule, _oneTier(3))),
            abi.encodeCall(IPolicy.addDomain, ("healthcare")),
            abi.encodeCall(IPolicy.addJurisdiction, ("DE")),
            abi.encodeCall(IPolicy.setFee, (0, makeAddr("another treasury"))),
            abi.encodeCall(IPolicy.setBidBond, (100_000)),
            abi.encodeCall(IPolicy.setTimeouts, (_policy.timeouts())),
            abi.encodeCall(IPolicy.setStakes, (_policy.stakes())),
            abi.encodeCall(IPolicy.setRiskClass, (0, risk)),
            abi.encodeCall(IPolicy.setShareCap, (1, cap)),
            abi.encodeCall(IPolicy.setFeeShareCap, (cap)),
            abi.encodeCall(IPolicy.setCoolingOff, (0)),
            abi.encodeCall(IPolicy.setWaits, (0, 0)),
            abi.encodeCall(IPolicy.setJurisdictionRule, (1, 1, 1 << 1)),
            abi.encodeCall(IPolicy.setConformitySet, (1, 7)),
            abi.encodeCall(IPolicy.addPurpose, ("training")),
            abi.encodeCall(IPolicy.setDataRule, (1, IPolicy.DataRule(1, 1 << 1)))
        ];
    }

    /// @dev One token (three seats below 100, else five), one domain, one jurisdiction, risk class 2.
    function _list() private {
        IPolicy.PanelTier[] memory tiers = new IPolicy.PanelTier[](2);
        tiers[0] = IPolicy.PanelTier(100, 3);
        tiers[1] = IPolicy.PanelTier(type(uint96).max, 5);
        _policy.setTokenRule(_token, IPolicy.TokenRule(true, 11, 22, 3), tiers);
        _policy.addDomain("healthcare");
        _policy.addJurisdiction("DE");
        _policy.setRiskClass(2, IPolicy.RiskClass(true, 2, true, true, 0, false));
    }

    function _oneTier(uint8 size) private pure returns (IPolicy.PanelTier[] memory tiers) {
        tiers = new IPolicy.PanelTier[](1);
        tiers[0] = IPolicy.PanelTier(type(uint96).max, size);
    }

    /// @dev One to eight valid tiers.
    function _tiers(uint96[7] memory below, uint8 n) private pure returns (IPolicy.PanelTier[] memory tiers) {
        tiers = new IPolicy.PanelTier[](1 + n % 8);
        uint256 last = tiers.length - 1;
        uint96 previous = 0;
        for (uint256 i = 0; i < last; ++i) {
            previous = uint96(bound(below[i], previous + 1, type(uint96).max - 10 + i));
            tiers[i] = IPolicy.PanelTier(previous, uint8(3 + 2 * (below[i] % 7)));
        }
        tiers[last] = IPolicy.PanelTier(type(uint96).max, 15);
    }

    function _timeouts(uint32[8] memory values) private pure returns (IPolicy.Timeouts memory) {
        return abi.decode(abi.encode(values), (IPolicy.Timeouts));
    }

    function _expectOutOfBounds(bytes32 parameter, uint256 value, uint256 min, uint256 max) private {
        vm.expectRevert(abi.encodeWithSelector(IPolicy.OutOfBounds.selector, parameter, value, min, max));
    }
}
