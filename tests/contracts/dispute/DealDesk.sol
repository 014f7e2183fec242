// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IArbitrable} from "../../../contracts/interfaces/IArbitrator.sol";
import {ICourt} from "../../../contracts/interfaces/ICourt.sol";
import {IDisputableMarket, Side} from "../../../contracts/interfaces/IDisputableMarket.sol";
import {IEscrow} from "../../../contracts/interfaces/IEscrow.sol";

/// @notice A market of deals that are nothing but their terms, and the arbitrable of their disputes; for one user, the
/// test.
contract DealDesk is IDisputableMarket, IArbitrable {
    IEscrow private immutable ESCROW;
    ICourt private immutable COURT;

    mapping(uint256 caseId => uint256) public rulings;
    mapping(uint256 dealId => DealView) private _deals;

    constructor(IEscrow escrow, ICourt court) {
        (ESCROW, COURT) = (escrow, court);
    }

    function open(uint48 dealId, DealView calldata terms) external returns (uint256 caseId) {
        _deals[dealId] = terms;
        ESCROW.openHold(bytes32(uint256(dealId)), terms.token, address(this), 0);
        return COURT.createDispute(2, abi.encode(this, dealId, terms.customer));
    }

    function appeal(uint256 caseId, address payer) external {
        COURT.appeal(caseId, abi.encode(payer));
    }

    /// @inheritdoc IArbitrable
    function rule(uint256 caseId, uint256) external {
        require(msg.sender == address(COURT), "not the court");
        ++rulings[caseId];
    }

    /// @inheritdoc IDisputableMarket
    function dealOf(uint256 dealId) external view returns (DealView memory) {
        return _deals[dealId];
    }

    function disputes() external view returns (address) {
        return address(this);
    }

    function playsPart(uint256 dealId, address account) external view returns (bool) {
        return account == _deals[dealId].customer || account == _deals[dealId].developer;
    }

    function contest(uint256, uint40) external {}
    function resolve(uint256, Side, uint256) external {}
}
