// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// @title The rules that apply when a deal opens: copied once for each edition of Policy, and shared by all deals that
/// open under them.
/// @notice For every market. A deal keeps the address that it gets here and reads the rules there (`SSTORE2.read`,
/// then the functions of the library `Rules`): they are code, so nobody can change them under an open deal. This
/// contract holds no money, anyone may call it, and it has to be trusted only to copy what Policy says.
interface IRulebook {
    /// @notice The rules of `edition` for that kind of deal are at `rules` from now on.
    event RulesCopied(
        address indexed rules,
        uint256 indexed edition,
        address indexed token,
        uint8 domain,
        uint8 riskClass,
        uint8 jurisdiction
    );

    /// @notice The rules of `edition` for all that is paid in a token, whatever the domain, are at `rules` from now on.
    event TokenRulesCopied(address indexed rules, uint256 indexed edition, address indexed token);

    /// @notice The rules for a deal that opens now, copied by this call if this is the first of its kind in an
    /// edition. Reverts as `IPolicy.commissionTerms` does: while the market is halted, for a token that is not
    /// allowed, for an unknown domain, risk class or jurisdiction.
    /// @param jurisdiction the customer's.
    /// @return rules where they are kept.
    function rulesFor(address token, uint8 domain, uint8 riskClass, uint8 jurisdiction)
        external
        returns (address rules);

    /// @notice The rules that depend on the token alone: treasury and fee, stakes, windows, cooling-off period, the
    /// token's fees and panel sizes, the cap on one party's share of an auditor's fees; all others read as zero. A
    /// halt does not stop this call. Reverts `IPolicy.TokenNotAllowed`.
    /// @return rules where they are kept.
    function rulesForToken(address token) external returns (address rules);

    /// @notice What `rulesFor` would find, without keeping it.
    /// @return rules the words that `Rules` reads.
    function rulesNow(address token, uint8 domain, uint8 riskClass, uint8 jurisdiction)
        external
        view
        returns (uint256[] memory rules);
}
