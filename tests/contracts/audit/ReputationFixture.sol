// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Test} from "forge-std/Test.sol";

import {Reputation} from "../../../contracts/audit/Reputation.sol";
import {IFactSource, IReputation} from "../../../contracts/interfaces/IReputation.sol";
import {Policy} from "../../../contracts/policy/Policy.sol";
import {StatedFacts} from "./StatedFacts.sol";

/// @notice Reputation with a source that says what a test wants.
abstract contract ReputationFixture is Test {
    uint256 internal constant ONE = 1_000_000;
    uint8 internal constant KINDS = 13;
    uint8 internal constant DOMAINS = 3;

    Policy internal policy;
    Reputation internal reputation;
    StatedFacts internal source;

    address internal subject = makeAddr("subject");
    address internal buyer = makeAddr("buyer");

    uint256 private _deals;

    function setUp() public virtual {
        vm.warp(1_800_000_000);
        policy = new Policy(address(this));
        for (uint256 i; i < DOMAINS; ++i) {
            policy.addDomain("domain");
        }
        reputation = new Reputation(address(this), policy);
        source = new StatedFacts();
        reputation.setSource(source, true);
    }

    /// @dev A deal of its own for facts of domain 1.
    function _record(address account, IReputation.Kind kind, uint8 count) internal {
        _recordIn(account, 1, kind, count);
    }

    function _recordIn(address account, uint8 domain, IReputation.Kind kind, uint8 count) internal {
        _recordHeavy(account, domain, kind, count, ONE);
    }

    function _recordHeavy(address account, uint8 domain, IReputation.Kind kind, uint8 count, uint256 weight)
        internal
    {
        source.state(++_deals, IFactSource.Fact(account, domain, kind, count, weight));
        reputation.record(source, _deals);
    }

    function _rate(address account, uint8 stars, uint256 weight) internal {
        source.sell(++_deals, IFactSource.Sale(buyer, account, 1, weight));
        vm.prank(buyer);
        reputation.rate(source, _deals, stars, 0);
    }

    function _score(address account) internal view returns (uint256) {
        return reputation.scoreOf(account, 1);
    }

    function _kind(uint256 seed) internal pure returns (IReputation.Kind) {
        return IReputation.Kind(uint8(bound(seed, 1, KINDS - 1)));
    }
}
