// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IParticipantRegistry} from "../../../contracts/interfaces/IParticipantRegistry.sol";
import {IVickreyAuction} from "../../../contracts/interfaces/IVickreyAuction.sol";
import {TestToken} from "../../../contracts/test/TestToken.sol";
import {OutsideArbitrator} from "../dispute/Arbitrators.sol";
import {PromisesFixture} from "../promises/PromisesFixture.sol";

/// @notice The whole market as `scripts/deploy.py` leaves it (`SystemWiring.t.sol` compares the two): the test contract
/// has handed every key over to governance, and only modules of the deployment are authorised.
abstract contract SystemFixture is PromisesFixture {
    address internal stranger = makeAddr("stranger");
    address internal otherCustomer;
    address[] internal bidders;
    OutsideArbitrator internal outside;

    function _stepFee() internal pure virtual override returns (uint88) {
        return 0.5e18;
    }

    function setUp() public virtual override {
        super.setUp();
        otherCustomer = _register("other customer", IParticipantRegistry.Role.Customer);
        _fund(otherCustomer, paymentToken, FUNDS, address(market));
        _enlist(22);
        outside = new OutsideArbitrator();
        policy.setArbitrator(address(outside), true);
        bidders.push(developer);
        bidders.push(rival);
        bidders.push(third);
        _nameSeater();
        _handOver();
    }

    /// @dev A call that may fail.
    function _attempt(address from, address target, bytes memory data)
        internal
        virtual
        returns (bool ok, bytes memory answer)
    {
        vm.prank(from);
        (ok, answer) = target.call(data);
    }

    function _tried(address from, address target, bytes memory data) internal returns (bool ok) {
        (ok,) = _attempt(from, target, data);
    }

    /// @dev Fills an account's escrow balance up to `amount` and lets `module` debit it.
    function _refill(address account, TestToken token, uint256 amount, address module) internal {
        uint256 balance = _balance(account, token);
        if (balance < amount) _fund(account, token, amount - balance, module);
        else if (!escrow.isOperator(account, module, address(token))) _fund(account, token, 1, module);
    }

    /// @dev Time never runs backwards.
    function _until(uint256 time) internal virtual {
        if (time > block.timestamp) vm.warp(time);
    }

    /// @dev All that was agreed on of a deal's auction.
    function _auctionRules(uint256 id) internal view returns (bytes memory) {
        IVickreyAuction.Auction memory a = auctions.auction(lens.commission(id).auctionId);
        (a.closed, a.leader, a.leadingPrice, a.price) = (false, address(0), 0, 0); // what bids change
        return abi.encode(a);
    }

    function _hash(uint256 seed, uint256 salt) internal pure returns (uint256) {
        return uint256(keccak256(abi.encode(seed, salt)));
    }
}
