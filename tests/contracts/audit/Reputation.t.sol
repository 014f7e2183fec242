// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IAccessControl} from "@openzeppelin/contracts/access/IAccessControl.sol";

import {IFactSource, IReputation} from "../../../contracts/interfaces/IReputation.sol";
import {ReputationFixture} from "./ReputationFixture.sol";
import {StatedFacts} from "./StatedFacts.sol";

/// @notice Who brings what in, once; and what the score makes of it.
contract ReputationTest is ReputationFixture {
    address private _stranger = makeAddr("stranger");

    /* SOURCES */

    function test_setSource_onlyGovernance() public {
        vm.prank(_stranger);
        vm.expectRevert(
            abi.encodeWithSelector(
                IAccessControl.AccessControlUnauthorizedAccount.selector, _stranger, bytes32(0)
            )
        );
        reputation.setSource(source, false);
    }

    function test_sources_othersAreNotHeard() public {
        StatedFacts other = new StatedFacts();
        other.state(1, subject, IReputation.Kind.ValidationPassed, 9);
        other.sell(1, IFactSource.Sale(buyer, subject, 1, ONE));
        bytes memory refused = abi.encodeWithSelector(IReputation.UnknownSource.selector, other);
        vm.expectRevert(refused);
        reputation.record(other, 1);
        vm.prank(buyer);
        vm.expectRevert(refused);
        reputation.rate(other, 1, 5, 0);
    }

    function test_setSource_whatOneHasSaidStays() public {
        _record(subject, IReputation.Kind.ValidationPassed, 1);
        uint256 score = _score(subject);
        vm.expectEmit(address(reputation));
        emit IReputation.SourceSet(address(source), false);
        reputation.setSource(source, false);
        assertFalse(reputation.isSource(source));
        assertEq(_score(subject), score);
    }

    /* FACTS */

    function test_record_anyoneOnceADeal() public {
        source.state(7, subject, IReputation.Kind.DeadlineMissed, 1);
        vm.prank(_stranger);
        vm.expectEmit(address(reputation));
        emit IReputation.FactRecorded(address(source), 7, subject, 1, IReputation.Kind.DeadlineMissed, 1, ONE);
        reputation.record(source, 7);
        assertTrue(reputation.isRecorded(source, 7));
        assertLt(_score(subject), 500_000);
        vm.expectRevert(abi.encodeWithSelector(IReputation.AlreadyRecorded.selector, source, 7));
        reputation.record(source, 7);
    }

    function test_record_sourcesDoNotShareNumbers() public {
        StatedFacts other = new StatedFacts();
        reputation.setSource(other, true);
        source.state(1, subject, IReputation.Kind.ValidationPassed, 1);
        other.state(1, subject, IReputation.Kind.ValidationPassed, 1);
        reputation.record(source, 1);
        assertFalse(reputation.isRecorded(other, 1));
        reputation.record(other, 1);
    }

    /// @dev Each fact is written to the ledger of its own subject, and none is lost.
    function test_record_severalSubjects() public {
        source.state(1, subject, IReputation.Kind.ValidationPassed, 1);
        source.state(1, subject, IReputation.Kind.DeadlineKept, 2);
        source.state(1, buyer, IReputation.Kind.DataSound, 1);
        reputation.record(source, 1);
        uint256[] memory expected = new uint256[](KINDS);
        expected[uint8(IReputation.Kind.DataSound)] = ONE;
        (uint256[] memory facts,,) = reputation.partsOf(buyer, 1);
        assertEq(facts, expected);
        expected = new uint256[](KINDS);
        expected[uint8(IReputation.Kind.ValidationPassed)] = ONE;
        expected[uint8(IReputation.Kind.DeadlineKept)] = 2 * ONE;
        (facts,,) = reputation.partsOf(subject, 1);
        assertEq(facts, expected);
    }

    function test_record_nothingHappened() public {
        vm.expectRevert(abi.encodeWithSelector(IReputation.NoFacts.selector, source, 1));
        reputation.record(source, 1);
        assertFalse(reputation.isRecorded(source, 1), "it may have facts later");
    }

    function test_record_noMoreThanTheMost() public {
        uint256 most = reputation.MAX_FACTS();
        for (uint256 i; i < most; ++i) {
            source.state(1, subject, IReputation.Kind.ValidationPassed, 1);
            source.state(2, subject, IReputation.Kind.ValidationPassed, 1);
        }
        reputation.record(source, 1);
        source.state(2, subject, IReputation.Kind.ValidationPassed, 1);
        vm.expectRevert(abi.encodeWithSelector(IReputation.TooManyFacts.selector, source, most + 1));
        reputation.record(source, 2);
    }

    function test_record_noFactWithoutKindOrDomain() public {
        source.state(1, subject, IReputation.Kind.None, 1);
        vm.expectRevert(
            abi.encodeWithSelector(IReputation.InvalidFact.selector, subject, IReputation.Kind.None)
        );
        reputation.record(source, 1);
        source.state(2, IFactSource.Fact(subject, 0, IReputation.Kind.BadData, 1, ONE));
        vm.expectRevert(
            abi.encodeWithSelector(IReputation.InvalidFact.selector, subject, IReputation.Kind.BadData)
        );
        reputation.record(source, 2);
    }

    /* RATINGS */

    function test_rate_theBuyerOnce() public {
        source.sell(1, IFactSource.Sale(buyer, subject, 1, 2 * ONE));
        vm.prank(buyer);
        vm.expectEmit(address(reputation));
        emit IReputation.Rated(address(source), 1, subject, buyer, 1, 4, 2 * ONE, "comment");
        reputation.rate(source, 1, 4, "comment");
        assertTrue(reputation.isRated(source, 1));
        vm.prank(buyer);
        vm.expectRevert(abi.encodeWithSelector(IReputation.AlreadyRated.selector, source, 1));
        reputation.rate(source, 1, 5, 0);
    }

    function testFuzz_rate_nobodyElse(address caller) public {
        vm.assume(caller != buyer);
        source.sell(1, IFactSource.Sale(buyer, subject, 1, ONE));
        vm.prank(caller);
        vm.expectRevert(abi.encodeWithSelector(IReputation.NotBuyer.selector, caller, buyer));
        reputation.rate(source, 1, 1, 0);
    }

    function test_rate_onlyWhatWasPaid() public {
        vm.prank(buyer);
        vm.expectRevert(abi.encodeWithSelector(IFactSource.NotSettled.selector, 1));
        reputation.rate(source, 1, 5, 0);
        assertFalse(reputation.isRated(source, 1));
    }

    function testFuzz_rate_oneToFive(uint8 stars) public {
        vm.assume(stars == 0 || stars > 5);
        source.sell(1, IFactSource.Sale(buyer, subject, 1, ONE));
        vm.prank(buyer);
        vm.expectRevert(abi.encodeWithSelector(IReputation.InvalidStars.selector, stars));
        reputation.rate(source, 1, stars, 0);
    }

    function testFuzz_rate_weighsNoMoreThanTheMost(uint256 weight) public {
        weight = bound(weight, reputation.MAX_WEIGHT(), type(uint256).max);
        _rate(subject, 5, weight);
        (, uint256 ratingWeight, uint256 ratingSum) = reputation.partsOf(subject, 1);
        assertEq(ratingWeight, reputation.MAX_WEIGHT());
        assertEq(ratingSum, 4 * ratingWeight);
    }

    /* THE SCORE */

    function test_scoreOf_startsAtThePrior() public view {
        assertEq(_score(subject), reputation.PRIOR());
        assertEq(reputation.overall(subject), reputation.PRIOR());
    }

    function test_scoreOf_figures() public {
        _record(subject, IReputation.Kind.ValidationPassed, 1); // 1 beside the prior's 10 of a half
        assertEq(_score(subject), uint256(6_000_000) / 11);
        _record(subject, IReputation.Kind.ValidationFailed, 1);
        assertEq(_score(subject), 500_000);
        _record(subject, IReputation.Kind.AuditPassed, 2); // twice each
        assertEq(_score(subject), uint256(10_000_000) / 16);
        _rate(subject, 5, 4 * ONE); // four of five stars beside sixteen
        assertEq(_score(subject), 700_000);
        _rate(subject, 1, 4 * ONE); // eight would be more than a third: 16/3 of the mean, three stars
        assertEq(_score(subject), (uint256(10_000_000) * 3 / 16 + 500_000) / 4);
    }

    /// @dev A fact counts by its deal, up to the most.
    function testFuzz_record_weighsByTheDeal(uint256 weight, uint8 count) public {
        _recordHeavy(subject, 1, IReputation.Kind.ValidationPassed, count, weight);
        uint256 most = reputation.MAX_WEIGHT();
        (uint256[] memory parts,,) = reputation.partsOf(subject, 1);
        assertEq(parts[uint8(IReputation.Kind.ValidationPassed)], count * (weight < most ? weight : most));
    }

    function test_weightOf_whatSpeaksAgainstCountsNoLess() public view {
        for (uint8 kind = 1; kind < KINDS; kind += 2) {
            uint8 good = reputation.weightOf(IReputation.Kind(kind));
            assertGt(good, 0);
            assertGe(reputation.weightOf(IReputation.Kind(kind + 1)), good);
        }
        assertEq(reputation.weightOf(IReputation.Kind.None), 0);
    }

    /// @dev No deal states these kinds yet; the place for them is there.
    function test_scoreOf_consentsCount() public {
        _record(subject, IReputation.Kind.ConsentHonoured, 1);
        assertGt(_score(subject), 500_000);
        _record(buyer, IReputation.Kind.ConsentIgnored, 1);
        assertLt(_score(buyer), 500_000);
    }

    function test_scoreOf_halvesItsDistanceWithTheFacts() public {
        _record(subject, IReputation.Kind.DisputeLost, 5); // twenty against ten
        assertEq(_score(subject), uint256(5_000_000) / 30);
        vm.warp(block.timestamp + reputation.HALF_LIFE()); // ten against ten
        assertEq(_score(subject), 250_000);
        vm.warp(block.timestamp + 100 * reputation.HALF_LIFE());
        assertEq(_score(subject), 500_000);
    }

    function test_overall_countsEveryDomainOnce() public {
        _recordIn(subject, 1, IReputation.Kind.ValidationPassed, 1);
        _recordIn(subject, 2, IReputation.Kind.ValidationFailed, 2);
        _recordIn(subject, DOMAINS, IReputation.Kind.ValidationPassed, 3);
        assertEq(reputation.scoreOf(subject, 1), uint256(6_000_000) / 11);
        assertEq(reputation.scoreOf(subject, 2), uint256(5_000_000) / 12);
        assertEq(reputation.overall(subject), uint256(9_000_000) / 16);
        (uint256[] memory parts,,) = reputation.partsOf(subject, 0);
        assertEq(parts.length, KINDS);
        assertEq(parts[uint8(IReputation.Kind.ValidationPassed)], 4 * ONE);
        assertEq(parts[uint8(IReputation.Kind.ValidationFailed)], 2 * ONE);
    }
}
