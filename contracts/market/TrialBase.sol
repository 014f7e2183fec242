// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

import {IAgreements} from "../interfaces/IAgreements.sol";
import {IDeliveries} from "../interfaces/IDeliveries.sol";
import {IEscrow} from "../interfaces/IEscrow.sol";
import {IGoods} from "../interfaces/IGoods.sol";
import {ILicences} from "../interfaces/ILicences.sol";
import {IRounds} from "../interfaces/IRounds.sol";
import {IRulebook} from "../interfaces/IRulebook.sol";
import {ITrials} from "../interfaces/ITrials.sol";
import {Deals} from "../kernel/Deals.sol";
import {KeyExchange} from "../kernel/KeyExchange.sol";
import {SSTORE2} from "../kernel/SSTORE2.sol";
import {StepFees} from "../kernel/StepFees.sol";
import {Rules} from "../policy/Rules.sol";
import {Royalties} from "./Royalties.sol";

/// @title The storage of trials, and how their money leaves.
/// @notice All that is called are modules of the market, which call nobody back, and Escrow pushes no money out.
abstract contract TrialBase is ITrials, ReentrancyGuardTransient {
    using Rules for uint256[];
    using SSTORE2 for address;

    struct Modules {
        IEscrow escrow;
        IGoods goods;
        ILicences licences;
        IAgreements agreements;
        IRounds rounds;
        IDeliveries deliveries;
        IRulebook rulebook;
    }

    /// @dev To whom the exposure fee goes when there is no sale.
    enum Exposure {
        Paid, // the seller
        Burnt, // nobody: it is not known whose key did not open. As much of the seller's bond is burnt too
        Returned // the buyer: no key was exposed
    }

    /// @dev Steps that are paid at most: those of one question, and the two that follow it.
    uint256 internal constant PAID_STEPS = StepFees.QUESTION + StepFees.REPLACEMENT + 2;

    /// @dev Payments of a sale before those to ancestors: seller, treasury, buyer.
    uint256 private constant PARTIES = 3;

    IEscrow internal immutable ESCROW;
    IGoods internal immutable GOODS;
    ILicences internal immutable LICENCES;
    IAgreements internal immutable AGREEMENTS;
    IRounds internal immutable ROUNDS;
    address internal immutable DELIVERIES;
    IRulebook internal immutable RULEBOOK;

    /// @inheritdoc ITrials
    uint256 public trialCount;
    mapping(uint256 id => Trial) internal _trials;
    mapping(uint256 offerId => Allowance) internal _allowances;

    constructor(Modules memory modules) {
        (ESCROW, GOODS, LICENCES) = (modules.escrow, modules.goods, modules.licences);
        (AGREEMENTS, ROUNDS, RULEBOOK) = (modules.agreements, modules.rounds, modules.rulebook);
        DELIVERIES = address(modules.deliveries);
    }

    /* STATES */

    function _trialOf(uint256 id) internal view returns (Trial storage self) {
        self = _trials[id];
        if (self.at.state() == uint8(State.None)) revert UnknownTrial(id);
    }

    /// @param deadline Unix seconds; 0 for a state without one.
    function _enter(uint256 id, Trial storage self, State state, uint256 deadline) internal {
        self.at = Deals.enter(id, uint8(state), deadline);
    }

    /* MONEY */

    /// @dev Pays those whose work a step has ended, and the caller. Before the end that may follow, which empties the
    /// hold.
    function _pay(uint256 id, Trial storage self, address[] memory workers) internal {
        uint256 stepFee = self.rules.read().stepFee();
        if (stepFee != 0) {
            if (self.steps < PAID_STEPS) ++self.steps;
            else stepFee = 0;
        }
        (IEscrow.Payment[] memory payments, uint256 total) =
            StepFees.paymentsFor(workers, self.evaluationFee, stepFee);
        if (total == 0) return;
        // forge-lint: disable-next-line(unsafe-typecast)
        self.spent += uint96(total); // part of a hold that maxTotal bounds
        ESCROW.releaseEach(bytes32(id), self.token, payments);
    }

    /// @param sellersFault whether the seller's bond makes good what was spent; the rest of it is burnt then, so that
    /// nobody gains from another's failure.
    function _refund(uint256 id, Trial storage self, Cause cause, Exposure exposure, bool sellersFault)
        internal
    {
        (address token, uint256 bond, uint256 fee) = (self.token, self.bond, self.exposureFee);
        uint256 burnt = 0; // of the bond, at first
        if (sellersFault) burnt = bond - Math.min(bond, self.spent);
        else if (exposure == Exposure.Burnt) burnt = Math.min(bond, fee);
        uint256 toSeller = sellersFault ? 0 : bond - burnt;
        if (exposure == Exposure.Burnt) burnt += fee;
        else if (exposure == Exposure.Paid) toSeller += fee;
        IEscrow.Payment[] memory payments = new IEscrow.Payment[](2);
        payments[0] = IEscrow.Payment(self.seller, toSeller);
        uint256 held = ESCROW.held(address(this), token, bytes32(id));
        payments[1] = IEscrow.Payment(self.buyer, held - toSeller - burnt);

        self.cause = cause;
        _enter(id, self, State.Refunded, 0);
        emit TrialRefunded(id, cause, payments[1].amount, toSeller, burnt);
        if (self.exclusive) GOODS.conclude(self.good, false);
        ESCROW.releaseEach(bytes32(id), token, payments);
        if (burnt != 0) ESCROW.burn(bytes32(id), token, burnt);
    }

    /// @dev The licence is recorded first: a caller who gives it too little gas then has too little left for the
    /// payments.
    function _sell(uint256 id, Trial storage self) internal {
        uint256 saleId = _record(self);
        (IEscrow.Payment[] memory payments, uint256 royalties) = _payments(id, self);
        _enter(id, self, State.Sold, 0);
        emit TrialSold(id, saleId, payments[0].amount, payments[1].amount, royalties);
        if (self.exclusive) GOODS.conclude(self.good, true);
        ESCROW.releaseEach(bytes32(id), self.token, payments);
    }

    /// @dev In this order: seller, treasury, buyer, ancestors. What rounding leaves is the seller's.
    function _payments(uint256 id, Trial storage self)
        private
        view
        returns (IEscrow.Payment[] memory payments, uint256 royalties)
    {
        // slither-disable-next-line unused-return -- the token is the trial's
        (, IGoods.Royalty[] memory owed) = Royalties.read(self.royalties);
        payments = new IEscrow.Payment[](PARTIES + owed.length);
        (uint256 price, uint256 seats) = (self.price, self.seats);
        for (uint256 i = 0; i < owed.length; ++i) {
            uint256 part = Royalties.due(owed[i], price, seats);
            payments[PARTIES + i] = IEscrow.Payment(GOODS.ownerOf(owed[i].tokenId), part);
            royalties += part;
        }
        uint256 fee = price * self.feePpm / Royalties.PPM;
        uint256 toSeller = price - fee - royalties + self.exposureFee + self.bond;
        uint256 held = ESCROW.held(address(this), self.token, bytes32(id));
        payments[0] = IEscrow.Payment(self.seller, toSeller);
        payments[1] = IEscrow.Payment(self.treasury, fee);
        payments[2] = IEscrow.Payment(self.buyer, held - price - self.exposureFee - self.bond);
    }

    /// @dev Licences refuses only a market that was retired since. Then the trial itself shows the sale.
    function _record(Trial storage self) private returns (uint256) {
        ILicences.Sale memory sale = ILicences.Sale({
            terms: self.terms,
            seller: self.seller,
            holder: self.buyer,
            price: self.price,
            bond: 0,
            seats: self.seats,
            challengeWindow: self.rules.read().challengeWindow(),
            at: Deals.pack(uint8(ILicences.State.Collected), self.at.deadline()),
            kept: self.word
        });
        try LICENCES.enter(self.offerId, self.token, sale, KeyExchange.Point(0, 0)) returns (uint256 saleId) {
            return saleId;
        } catch (bytes memory reason) {
            if (reason.length == 0) revert TooLittleGas();
            return 0;
        }
    }
}
