// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {ILicences} from "../../../contracts/interfaces/ILicences.sol";
import {IPolicy} from "../../../contracts/interfaces/IPolicy.sol";
import {IRounds} from "../../../contracts/interfaces/IRounds.sol";
import {ISales} from "../../../contracts/interfaces/ISales.sol";
import {ITrials} from "../../../contracts/interfaces/ITrials.sol";
import {IValidationOracle} from "../../../contracts/interfaces/IValidationOracle.sol";
import {KeyExchange} from "../../../contracts/kernel/KeyExchange.sol";
import {LicenceSteps} from "./LicenceSteps.sol";

/// @notice A seller, buyers, a captured panel and strangers who do whatever they can at any time, by every path to a
/// licence: an offer, a trial, a sealed sale. The token and whoever owns the model's parents are hostile too.
abstract contract ModelMarketHandler is LicenceSteps {
    uint256 internal constant MOST = 8; // deals of each kind

    bool internal untested; // the good's class asks for a test that it does not have
    mapping(uint256 trialId => bool) internal wrong; // the panel agreed on another key's delivery
    mapping(uint256 trialId => bool) internal scored; // at the threshold or above
    ISales.Lot internal lot; // of the last sealed sale
    uint96[2] private _bids;

    /// @dev The seller sells from one account to itself when it transfers the model.
    function _isOwner() internal view returns (bool) {
        return goods.ownerOf(goods.goodOf(MODEL).tokenId) == customer;
    }

    function _isReserved() internal view returns (bool) {
        (address module,) = goods.reservationOf(MODEL);
        return module != address(0);
    }

    /* THE SELLER AND THE RULES */

    function transfer(uint256 seed) external {
        address owner = goods.ownerOf(goods.goodOf(MODEL).tokenId);
        address to = seed % 2 == 0 ? customer : rival;
        uint256 tokenId = goods.goodOf(MODEL).tokenId;
        vm.prank(owner);
        models.transferFrom(owner, to, tokenId);
    }

    function requireTest(bool asked) external {
        untested = asked; // no set is named, so no model has passed it
        policy.setRiskClass(UNAUDITED, IPolicy.RiskClass(true, asked ? AUDITS : 0, false, false, 0, asked));
    }

    function allow(uint96 fee, uint96 bond, bool exclusive) external {
        (fee, bond) = (uint96(bound(fee, 0, PRICE)), uint96(bound(bond, 0, 2 * uint256(TRIAL_BOND))));
        _allow(ITrials.Allowance(fee, bond, 5, exclusive));
    }

    function wait(uint256 time) external {
        skip(bound(time, 1, 3 days));
        vm.roll(block.number + 3);
    }

    /* OFFERS */

    function buy(uint256 seed) external followed {
        ILicences.Order memory order = _ordered(uint16(1 + seed % 3));
        bool may = !untested && _isOwner() && !_isReserved();
        _top(trier, address(licences), 3 * uint256(PRICE));
        vm.prank(trier);
        try licences.buy(order) {
            if (!may) ++broken;
        } catch {}
    }

    /* TRIALS */

    function tryModel(uint96 fee) external followed {
        if (trials.trialCount() >= MOST) return;
        bool may = !untested && _isOwner() && !_isReserved();
        ITrials.Request memory request = _trialRequest();
        request.evaluationFee = uint96(bound(fee, 1e18, 3 * uint256(FEE)));
        _top(trier, address(trials), 1000e18);
        vm.prank(trier);
        try trials.open(request) {
            if (!may) ++broken;
        } catch {}
    }

    /// @dev The seats are drawn, keys granted or not, votes cast: the right word, another one, a refusal, or silence.
    function judge(uint256 seed) external {
        if (trials.trialCount() == 0) return;
        uint256 id = 1 + seed % trials.trialCount();
        if (trials.trial(id).at.state() != uint8(ITrials.State.Judging)) return;
        IRounds.State state = rounds.roundOf(_panelOfTrial(id)).state;
        if (state == IRounds.State.Drawing) {
            _seatTrial(id);
        } else if (state == IRounds.State.Granting) {
            if (seed / 8 % 4 != 0) _grantTrial(id, trier, 0);
            if (seed / 32 % 4 != 0) _grantTrial(id, customer, 1);
            if (rounds.roundOf(_panelOfTrial(id)).state == IRounds.State.Granting) {
                skip(times.grant);
                trials.advance(id);
            }
        } else {
            _castVotes(id, seed / 128);
        }
    }

    function _castVotes(uint256 id, uint256 seed) private {
        IValidationOracle.Report memory report = _scored(seed % 2 == 0 ? THRESHOLD : THRESHOLD - 1);
        if (seed / 2 % 4 == 0) report = _cannotOpen();
        wrong[id] = seed / 8 % 3 == 0;
        if (wrong[id] && report.scores.length != 0) {
            report.word = _agreement(_wrongExchange(id), _rightHash(id));
        }
        scored[id] = report.scores.length != 0 && seed % 2 == 0;
        _voteTrial(id, seed / 32 % 4 == 0 ? 1 : PANEL, report);
        skip(times.appeal);
        trials.advance(id);
    }

    function _wrongExchange(uint256 id) private view returns (Exchange memory x) {
        x = _trialExchange(id);
        x.key = "another key";
    }

    function _rightHash(uint256 id) private view returns (bytes32) {
        return _keyHash(_trialExchange(id).key);
    }

    /// @dev Anyone delivers what was agreed on; the buyer's client refutes a wrong key at once, and tries to refute a
    /// right one.
    function deliverKey(uint256 seed) external {
        if (trials.trialCount() == 0) return;
        uint256 id = 1 + seed % trials.trialCount();
        if (trials.trial(id).at.state() != uint8(ITrials.State.Delivering)) return;
        if (!scored[id]) ++broken; // nothing that failed gets this far
        Exchange memory x = wrong[id] ? _wrongExchange(id) : _trialExchange(id);
        bytes32 keyHash = _rightHash(id);
        _deliverTrial(id, x, keyHash);
        bool refuted = _refutes(id, x, keyHash);
        if (refuted != wrong[id]) ++broken;
    }

    function _refutes(uint256 id, Exchange memory x, bytes32 keyHash) private returns (bool) {
        KeyExchange.Point memory point = _point(x.b);
        KeyExchange.Delivery memory delivery = _delivery(x);
        KeyExchange.Refutation memory proof = _refutation(x);
        try deliveries.refute(trials, id, point, keyHash, CIPHERTEXT, delivery, proof) {
            return true;
        } catch {
            return false;
        }
    }

    function stepTrial(uint256 seed) external {
        if (trials.trialCount() != 0) _step(1 + seed % trials.trialCount());
    }

    /// @dev What is due happens, and a sale pays everybody to the last unit.
    function _step(uint256 id) internal {
        ITrials.Trial memory t = trials.trial(id);
        Before memory before = _beforeSale();
        bool due =
            t.at.state() == uint8(ITrials.State.Delivering) || t.at.state() == uint8(ITrials.State.Challenge);
        try trials.advance(id) {
            bool sold = trials.trial(id).at.state() == uint8(ITrials.State.Sold);
            if (sold && !_isPaid(before, t.price, t.seats, uint256(t.exposureFee) + t.bond)) ++broken;
        } catch {
            if (due && t.at.isOver()) ++broken;
        }
    }

    /* SEALED SALES */

    function auction(uint256 seed) external followed {
        if (sales.saleCount() >= MOST || sales.lotHash(sales.saleCount()) != 0) return;
        ISales.Lot memory next;
        (next.offerId, next.terms, next.seats, next.licences) = (offerId, terms, 1, uint8(1 + seed % 2));
        (next.exclusive, next.deposit) = (seed / 2 % 16 == 0, 5 * PRICE);
        (next.commitEnds, next.revealEnds) =
        (uint40(block.timestamp + 1 days), uint40(block.timestamp + 2 days));
        bool may = _isOwner() && !_isReserved();
        _top(customer, address(sales), 100e18);
        vm.prank(customer);
        try sales.open(next) {
            if (!may) ++broken;
            lot = next;
        } catch {}
    }

    /// @dev Two bids, of which one may stay hidden; the close follows.
    function bidAndClose(uint256 seed) external followed {
        uint256 id = sales.saleCount();
        if (id == 0 || sales.lotHash(id) == 0 || block.timestamp >= lot.commitEnds) return;
        address[2] memory bidders = [trier, third];
        bool[2] memory bid;
        for (uint256 i; i < 2; ++i) {
            _bids[i] = uint96(PRICE + seed / (7 + i) % (6 * uint256(PRICE)));
            bid[i] = _tryBid(id, bidders[i], _bids[i]);
        }
        vm.warp(lot.commitEnds);
        for (uint256 i; i < 2; ++i) {
            if (bid[i] && (seed / 3 % 4 != 0 || i != 0)) _tryReveal(id, bidders[i], _bids[i]);
        }
        vm.warp(lot.revealEnds);
    }

    function _auctionId(uint256 id) private view returns (uint256) {
        return uint256(uint160(address(sales))) << 96 | id;
    }

    function _tryBid(uint256 id, address bidder, uint96 price) private returns (bool) {
        bool may = !untested && _isOwner();
        _top(bidder, address(auctions), lot.deposit);
        KeyExchange.Point memory key = _know(uint160(bidder));
        bytes32 sealedBid = auctions.sealBid(_auctionId(id), bidder, price, "salt");
        vm.prank(bidder);
        sales.nameKey(id, key);
        vm.prank(bidder);
        try auctions.commit(_auctionId(id), sealedBid) {
            if (!may) ++broken;
            return true;
        } catch {
            return false;
        }
    }

    function _tryReveal(uint256 id, address bidder, uint96 price) private {
        vm.prank(bidder);
        auctions.reveal(_auctionId(id), price, "salt");
    }

    /// @dev Whoever won is tried: keys of both orders, and of one or none.
    function closeSale() external followed {
        uint256 id = sales.saleCount();
        if (id == 0 || sales.lotHash(id) == 0 || block.timestamp < lot.revealEnds) return;
        address[2] memory bidders = [trier, third];
        uint32 before = licences.accountOf(customer, address(paymentToken)).sales;
        bool may = !untested && _isOwner();
        bool closed = _tryClose(id, new KeyExchange.Point[](0));
        for (uint256 i; i < 2 && !closed; ++i) {
            KeyExchange.Point[] memory keys = new KeyExchange.Point[](1);
            keys[0] = _point(uint160(bidders[i]));
            closed = _tryClose(id, keys);
        }
        for (uint256 i; i < 2 && !closed; ++i) {
            KeyExchange.Point[] memory keys = new KeyExchange.Point[](2);
            (keys[0], keys[1]) = (_point(uint160(bidders[i])), _point(uint160(bidders[1 - i])));
            closed = _tryClose(id, keys);
        }
        if (!closed) ++broken; // nobody can hold a close up
        if (!may && licences.accountOf(customer, address(paymentToken)).sales != before) ++broken;
    }

    function _tryClose(uint256 id, KeyExchange.Point[] memory keys) private returns (bool) {
        try sales.close(id, lot, keys) {
            return true;
        } catch {
            return false;
        }
    }
}
