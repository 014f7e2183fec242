// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Test} from "forge-std/Test.sol";

import {IAuditRegistry} from "../../contracts/interfaces/IAuditRegistry.sol";
import {ICommissionMarket} from "../../contracts/interfaces/ICommissionMarket.sol";
import {IDeliveries} from "../../contracts/interfaces/IDeliveries.sol";
import {Side} from "../../contracts/interfaces/IDisputableMarket.sol";
import {IEscrow} from "../../contracts/interfaces/IEscrow.sol";
import {IModelRegistry} from "../../contracts/interfaces/IModelRegistry.sol";
import {IParticipantRegistry} from "../../contracts/interfaces/IParticipantRegistry.sol";
import {IPolicy} from "../../contracts/interfaces/IPolicy.sol";
import {IRounds} from "../../contracts/interfaces/IRounds.sol";
import {IValidationOracle} from "../../contracts/interfaces/IValidationOracle.sol";
import {IVickreyAuction} from "../../contracts/interfaces/IVickreyAuction.sol";
import {CommissionBase} from "../../contracts/market/CommissionBase.sol";
import {CommissionMarket} from "../../contracts/market/CommissionMarket.sol";
import {Deals} from "../../contracts/kernel/Deals.sol";
import {SSTORE2} from "../../contracts/kernel/SSTORE2.sol";
import {Rules} from "../../contracts/policy/Rules.sol";
import {IRulebook} from "../../contracts/interfaces/IRulebook.sol";
import {IValidatorStaking} from "../../contracts/interfaces/IValidatorStaking.sol";
import {CommissionTerms} from "../../contracts/market/CommissionTerms.sol";

/// @notice All modules of the market at once, which answer whatever the proof wants them to.
contract AnyAnswers {
    IRounds.Answer private _answer;
    bool private _works; // else what can fail fails
    IAuditRegistry.Outcome private _audit;
    address private _winner;

    function want(IRounds.Answer memory answer, bool works, IAuditRegistry.Outcome audit, address winner)
        external
    {
        (_answer, _works, _audit, _winner) = (answer, works, audit, winner);
    }

    /// @dev Of Rounds.
    function advance(uint256) external view returns (IRounds.Answer memory) {
        require(_works);
        return _answer;
    }

    /// @dev Of Rounds.
    function open(uint256, IRounds.Terms calldata) external view returns (uint256) {
        require(_works, "no panel");
        return 1;
    }

    function conclude(uint256) external view returns (IAuditRegistry.Outcome, address[] memory) {
        require(_works);
        return (_audit, new address[](0));
    }

    function close(uint256, bytes32) external view returns (address[] memory winners, uint96) {
        if (_winner == address(0)) return (winners, 0);
        winners = new address[](1);
        winners[0] = _winner;
        return (winners, 1);
    }

    /// @dev What else is asked: numbers, amounts and yes or no are 0, and nothing fails.
    fallback() external {
        assembly {
            mstore(0, 0)
            return(0, 32)
        }
    }
}

/// @notice The market with a deal in any state, put there without playing it up to that.
contract MarketInAnyState is CommissionMarket {
    constructor(Modules memory modules) CommissionMarket(modules) {}

    function put(uint256 id, Deal memory self, Request calldata request, address customer) external {
        IPolicy.CommissionTerms memory rules;
        address kept = SSTORE2.write(Rules.pack(rules, new IPolicy.PanelTier[](0)));
        self.terms = CommissionTerms.write(request, customer, kept, 3, 0);
        _deals[id] = self;
    }

    /// @dev No more attempts than the cap, fewer wherever one more can be made, and none before the data was attested.
    function isWithin(uint256 id, uint8 cap) external view returns (bool) {
        Deal storage self = _deals[id];
        State state = _stateOf(self);
        if (state <= State.Attesting) return self.attempts == 0;
        return state == State.Building ? self.attempts < cap : self.attempts <= cap;
    }
}

/// @notice Submissions never exceed the cap, whatever the modules answer.
contract CapProofs is Test {
    uint256 private constant ID = 1;
    address private constant CUSTOMER = address(0xC);

    enum Act {
        Submit,
        Advance,
        Settle,
        Deliver,
        Refute,
        Contest,
        Resolve
    }

    AnyAnswers private _modules;
    MarketInAnyState private _market;

    function setUp() public {
        _modules = new AnyAnswers();
        address at = address(_modules);
        _market = new MarketInAnyState(
            CommissionBase.Modules({
                escrow: IEscrow(at),
                registry: IParticipantRegistry(at),
                policy: IPolicy(at),
                auctions: IVickreyAuction(at),
                oracle: IValidationOracle(at),
                rounds: IRounds(at),
                deliveries: IDeliveries(at),
                audits: IAuditRegistry(at),
                models: IModelRegistry(at),
                disputes: at,
                rulebook: IRulebook(at),
                staking: IValidatorStaking(at)
            })
        );
    }

    /// @dev By induction over steps: a deal that opens is within its cap (no attempt, and a cap of one at least), and
    /// each step of anybody leaves it so, be it one of the market's modules. Caps of 1, 2 and 10.
    /// Planted: `self.attempts < terms.submissionCap()` of `_retry` as `<=`.
    function check_Submissions_NeverExceedTheCap(
        ICommissionMarket.State state,
        uint8 attempts,
        ICommissionMarket.Cause cause,
        uint40 deadline,
        uint8 which,
        address sender,
        Act act,
        IValidationOracle.Outcome outcome,
        int64 score,
        bool works
    ) public {
        uint8 cap = which == 0 ? 1 : which == 1 ? 2 : 10;
        CommissionBase.Deal memory deal;
        deal.at = Deals.pack(uint8(state), deadline);
        (deal.attempts, deal.cause, deal.developer) = (attempts, cause, address(0xD));
        (deal.panelId, deal.clock, deal.word) = (1, 1 hours, "word");
        ICommissionMarket.Request memory request;
        request.submissionCap = cap;
        _market.put(ID, deal, request, CUSTOMER);
        vm.assume(_market.isWithin(ID, cap));

        IRounds.Answer memory answer;
        (answer.outcome, answer.scores) = (outcome, new int64[](1));
        answer.scores[0] = score;
        _modules.want(answer, works, IAuditRegistry.Outcome(uint8(outcome) % 4), address(0xD));
        vm.prank(sender);
        _do(act);

        assert(_market.isWithin(ID, cap));
    }

    function _do(Act act) private {
        IModelRegistry.Submission memory submission;
        (submission.manifest, submission.grants) = ("manifest", "grants");
        if (act == Act.Submit) _market.submit(ID, submission);
        else if (act == Act.Advance) _market.advance(ID);
        else if (act == Act.Settle) _market.settle(ID, submission);
        else if (act == Act.Deliver) _market.onDelivered(ID, "word");
        else if (act == Act.Refute) _market.onRefuted(ID, "word");
        else if (act == Act.Contest) _market.contest(ID, 1 days);
        else _market.resolve(ID, Side.Customer, 0);
    }
}
