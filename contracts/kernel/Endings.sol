// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IDisputableMarket, Side} from "../interfaces/IDisputableMarket.sol";
import {DealState} from "./Deals.sol";

/// @title Ends that rest on somebody's judgement: announced, open to one contest in Challenge, then carried out or
/// overruled.
/// @notice A market derives from this and defines what its ends are. Contesting and ruling come from its `disputes`
/// contract only.
abstract contract Endings is IDisputableMarket {
    address internal immutable DISPUTES;
    uint8 private immutable CHALLENGE;
    uint8 private immutable DISPUTED;

    /// @param challenge, disputed the market's numbers for these states.
    constructor(address disputes_, uint8 challenge, uint8 disputed) {
        (DISPUTES, CHALLENGE, DISPUTED) = (disputes_, challenge, disputed);
    }

    /* WHAT A MARKET SAYS */

    /// @dev Reverts for a deal that does not exist.
    function _endingState(uint256 id) internal view virtual returns (DealState);

    function _enterEnding(uint256 id, uint8 state, uint256 deadline) internal virtual;

    /// @dev The side that the announced end favours.
    function _favoured(uint256 id) internal view virtual returns (Side);

    /// @dev A ruling confirms the announced end.
    function _confirm(uint256 id) internal virtual;

    /// @dev A ruling for `side`, which the announced end does not favour, sets it aside. `costs` are what the dispute
    /// has cost the customer, in base units of the deal's token.
    function _overrule(uint256 id, Side side, uint256 costs) internal virtual;

    /* STEPS */

    /// @param window seconds in which the end can be contested.
    function _announce(uint256 id, uint256 window) internal {
        _enterEnding(id, CHALLENGE, block.timestamp + window);
    }

    /// @inheritdoc IDisputableMarket
    /// @dev Possible once in a deal: a ruling ends the deal, or leaves a Challenge that is over.
    function contest(uint256 id, uint40 until) external {
        _requireDisputed(id, CHALLENGE).requireRunning(id);
        _enterEnding(id, DISPUTED, until);
    }

    /// @dev The rest of `resolve`, whose market's function guards against reentry.
    function _resolve(uint256 id, Side side, uint256 costs) internal {
        _requireDisputed(id, DISPUTED);
        if (side == Side.None || side == _favoured(id)) _confirm(id);
        else _overrule(id, side, costs);
    }

    /// @dev Every step of a dispute comes from `DISPUTES`.
    function _requireDisputed(uint256 id, uint8 state) private view returns (DealState at) {
        if (msg.sender != DISPUTES) revert NotDisputes(msg.sender);
        at = _endingState(id);
        at.requireState(id, state);
    }

    /* VIEWS */

    /// @inheritdoc IDisputableMarket
    function disputes() external view returns (address) {
        return DISPUTES;
    }
}
