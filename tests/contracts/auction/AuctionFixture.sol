// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IParticipantRegistry} from "../../../contracts/interfaces/IParticipantRegistry.sol";
import {IAuctionGate, IVickreyAuction} from "../../../contracts/interfaces/IVickreyAuction.sol";
import {MarketFixture} from "../MarketFixture.sol";

/// @notice Auctions opened by the test contract, which is their gate as well, and bidders with money.
abstract contract AuctionFixture is MarketFixture, IAuctionGate {
    error Refused(address bidder);

    uint96 internal constant BOND = 50e18;
    uint96 internal constant RESERVE = 1000e18;
    bytes32 internal constant BONDS = "bonds of winners";
    bytes32 internal constant SALT = keccak256("salt");

    mapping(address bidder => bool) internal _refused;
    uint96 private _opened;

    function setUp() public virtual override {
        super.setUp();
        escrow.openHold(BONDS, address(paymentToken), address(0), 0);
    }

    function requireEligible(uint256, address bidder) external view {
        if (_refused[bidder]) revert Refused(bidder);
    }

    function _terms() internal view returns (IVickreyAuction.Terms memory) {
        return IVickreyAuction.Terms({
            token: address(paymentToken),
            bond: BOND,
            reserve: RESERVE,
            commitEnds: uint40(block.timestamp + 1 days),
            revealEnds: uint40(block.timestamp + 2 days),
            winners: 1,
            direction: IVickreyAuction.Direction.Procurement,
            gated: false,
            eligibility: IParticipantRegistry.Eligibility(address(0), 0, 0, 0),
            agreement: 0
        });
    }

    function _open(IVickreyAuction.Terms memory terms) internal returns (uint256 id) {
        return auctions.open(++_opened, terms);
    }

    /// @dev The id of the test contract's own auction of that number.
    function _idOf(uint96 number) internal view returns (uint256) {
        return uint256(uint160(address(this))) << 96 | number;
    }

    function _bidder(string memory name) internal returns (address bidder) {
        bidder = makeAddr(name);
        _fund(bidder, paymentToken, BOND, address(auctions));
    }

    function _bid(uint256 id, address bidder, uint96 price) internal {
        _bid(id, bidder, price, SALT);
    }

    function _bid(uint256 id, address bidder, uint96 price, bytes32 salt) internal {
        bytes32 sealedBid = auctions.sealBid(id, bidder, price, salt);
        vm.prank(bidder);
        auctions.commit(id, sealedBid);
    }

    function _reveal(uint256 id, address bidder, uint96 price) internal {
        _reveal(id, bidder, price, SALT);
    }

    function _reveal(uint256 id, address bidder, uint96 price, bytes32 salt) internal {
        vm.prank(bidder);
        auctions.reveal(id, price, salt);
    }

    /// @dev A seal's highest four bits of those by which the auction breaks ties.
    function _sealRank(bytes32 sealedBid) internal pure returns (uint256) {
        return uint208(uint256(sealedBid)) >> 204;
    }

    /// @dev Everybody has committed; revealing is open from now.
    function _toReveal(uint256 id) internal {
        vm.warp(auctions.auction(id).commitEnds);
    }

    function _toClose(uint256 id) internal {
        vm.warp(auctions.auction(id).revealEnds);
    }

    function _held(uint256 id) internal view returns (uint256) {
        return escrow.held(address(auctions), address(paymentToken), bytes32(id));
    }

    function _bondsWon() internal view returns (uint256) {
        return escrow.held(address(this), address(paymentToken), BONDS);
    }
}
