// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IArbitrable, IArbitrator} from "../../../contracts/interfaces/IArbitrator.sol";

/// @notice An outside arbitrator that asks for a fee and rules what it is told to.
contract OutsideArbitrator is IArbitrator {
    uint256 public constant COST = 0.1 ether;

    uint256 private _count;
    uint256 private _ruling;

    function createDispute(uint256, bytes calldata) external payable virtual returns (uint256) {
        emit DisputeCreation(_count, IArbitrable(msg.sender));
        return _count++; // from 0
    }

    function appeal(uint256, bytes calldata) external payable virtual {
        _ruling = 0;
    }

    function give(IArbitrable to, uint256 disputeID, uint256 ruling) external virtual {
        _ruling = ruling;
        to.rule(disputeID, ruling);
    }

    function arbitrationCost(bytes calldata) external view virtual returns (uint256) {
        return COST;
    }

    function appealCost(uint256, bytes calldata) external pure returns (uint256) {
        return 2 * COST;
    }

    function appealPeriod(uint256) external pure returns (uint256, uint256) {
        return (0, 0);
    }

    function disputeStatus(uint256) external pure returns (DisputeStatus) {
        return DisputeStatus.Waiting;
    }

    function currentRuling(uint256) external view returns (uint256) {
        return _ruling;
    }
}

/// @notice Does what an arbitrator should not, as it is told.
contract HostileArbitrator is OutsideArbitrator {
    enum Trick {
        RefuseDisputes, // reverts
        RuleAtOnce, // calls back while the dispute is opened
        NumberAllAlike,
        BurnAllGas,
        AskForMore // than it said before
    }

    Trick private immutable TRICK;

    constructor(Trick trick) {
        TRICK = trick;
    }

    function createDispute(uint256, bytes calldata) external payable override returns (uint256) {
        if (TRICK == Trick.RefuseDisputes) revert("no");
        if (TRICK == Trick.RuleAtOnce) IArbitrable(msg.sender).rule(7, 1);
        if (TRICK == Trick.BurnAllGas) while (true) {}
        return 7;
    }

    function arbitrationCost(bytes calldata) external view override returns (uint256) {
        return TRICK == Trick.AskForMore ? 1 + gasleft() : 0;
    }
}
