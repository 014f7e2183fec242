// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IEscrow} from "../../../contracts/interfaces/IEscrow.sol";
import {IDealMarket, IRounds} from "../../../contracts/interfaces/IRounds.sol";
import {IRulebook} from "../../../contracts/interfaces/IRulebook.sol";
import {IValidationOracle} from "../../../contracts/interfaces/IValidationOracle.sol";

/// @notice A whole market: somebody asks a panel a question about a sealed artifact, of whatever kind, and pays for the
/// answer.
contract ToyMarket is IDealMarket {
    struct Deal {
        address asker;
        uint256 panelId;
        IValidationOracle.Outcome outcome;
        int64 score;
        bytes32 word;
    }

    event Done(uint256 indexed id, IRounds.Answer answer);

    uint8 public constant SIZE = 5;
    uint96 public constant FEE = 10e18;
    IEscrow private immutable ESCROW;
    IRounds private immutable ROUNDS;
    IRulebook private immutable RULEBOOK;
    address private immutable TOKEN;
    Deal[] public deals;

    constructor(IEscrow escrow, IRounds rounds, IRulebook rulebook, address token) {
        (ESCROW, ROUNDS, RULEBOOK, TOKEN) = (escrow, rounds, rulebook, token);
    }

    /// @notice Takes the fees of two panels, as silent members are replaced once; what is left goes back.
    function ask(IRounds.Question calldata question) external returns (uint256 id) {
        (id,) = (deals.length, deals.push());
        IRounds.Terms memory terms;
        (terms.customer, terms.developer, terms.token) = (msg.sender, msg.sender, TOKEN);
        (terms.fee, terms.size) = (FEE, SIZE);
        terms.rules = RULEBOOK.rulesForToken(TOKEN);
        (deals[id].asker, deals[id].panelId) = (msg.sender, ROUNDS.open(id, terms));
        ROUNDS.ask(deals[id].panelId, question);
        ESCROW.openHold(bytes32(id), TOKEN, msg.sender, 2 * SIZE * FEE);
    }

    /// @inheritdoc IDealMarket
    function advance(uint256 id) external {
        Deal storage deal = deals[id];
        IRounds.Answer memory answer = ROUNDS.advance(deal.panelId);
        for (uint256 i; i < answer.paid.length; ++i) {
            ESCROW.release(bytes32(id), TOKEN, answer.paid[i], FEE);
        }
        if (answer.outcome == IValidationOracle.Outcome.Pending) return;
        (deal.outcome, deal.word) = (answer.outcome, answer.word);
        if (answer.scores.length != 0) deal.score = answer.scores[0];
        emit Done(id, answer);
        ROUNDS.close(deal.panelId);
        ESCROW.release(bytes32(id), TOKEN, deal.asker, ESCROW.held(address(this), TOKEN, bytes32(id)));
    }
}
