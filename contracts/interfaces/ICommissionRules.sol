// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {ICommissionMarket} from "./ICommissionMarket.sol";
import {IModelRegistry} from "./IModelRegistry.sol";
import {IVickreyAuction} from "./IVickreyAuction.sol";

/// @title What requests and submissions must satisfy, what a deal can cost, and the terms that a request makes.
/// @notice It holds nothing and trusts nobody: whoever calls gets terms that only a market which stores their address
/// would heed.
interface ICommissionRules {
    /// @notice Agrees on a request that `customer` may make now, and writes the terms. Reverts `RoleRequired`,
    /// `ArbitratorNotAllowed`, `InvalidRequest`, `FeeTooLow`, or as `IRulebook.rulesFor` does.
    /// @return terms where `CommissionTerms` keeps them.
    /// @return total all that the deal can cost, in base units.
    /// @return auction what the deal's auction is opened with; the market adds the agreement.
    function agree(ICommissionMarket.Request calldata request, address arbitrator, address customer)
        external
        returns (address terms, uint256 total, IVickreyAuction.Terms memory auction);

    /// @notice What `agree` would find that the deal can cost, in base units; reverts as it does.
    function quote(ICommissionMarket.Request calldata request, address customer)
        external
        view
        returns (uint256 total);

    /// @notice For how long the market counts what is awarded in a domain, as Policy has it now.
    /// @return seconds, 0 for all time.
    function sharePeriod(uint8 domain) external view returns (uint40);

    /// @notice Reverts `InvalidSubmission` when a submission could not be settled as it is: what it names must exist,
    /// and be new where it must; nobody is a payee who sits on a panel now or holds a judge's role.
    function checkSubmission(IModelRegistry.Submission calldata submission) external view;
}
