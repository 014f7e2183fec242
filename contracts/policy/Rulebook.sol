// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IPolicy} from "../interfaces/IPolicy.sol";
import {IRulebook} from "../interfaces/IRulebook.sol";
import {SSTORE2} from "../kernel/SSTORE2.sol";
import {Rules} from "./Rules.sol";

/// @title Rulebook
/// @dev Policy counts an edition at each of its changes, so what was copied once in an edition is right until the next.
contract Rulebook is IRulebook {
    IPolicy private immutable POLICY;

    /// @dev The key is a hash of the edition and of what the rules depend on.
    mapping(bytes32 key => address rules) private _copies;

    constructor(IPolicy policy) {
        POLICY = policy;
    }

    /// @inheritdoc IRulebook
    function rulesFor(address token, uint8 domain, uint8 riskClass, uint8 jurisdiction)
        external
        returns (address rules)
    {
        bytes32 key = keccak256(abi.encode(POLICY.edition(), token, domain, riskClass, jurisdiction));
        rules = _copies[key];
        if (rules != address(0)) return rules;
        rules = _keep(key, _pack(token, domain, riskClass, jurisdiction));
        emit RulesCopied(rules, POLICY.edition(), token, domain, riskClass, jurisdiction);
    }

    /// @inheritdoc IRulebook
    function rulesForToken(address token) external returns (address rules) {
        uint256 edition = POLICY.edition();
        bytes32 key = keccak256(abi.encode(edition, token)); // shorter than a key of `rulesFor`
        rules = _copies[key];
        if (rules != address(0)) return rules;
        rules = _keep(key, Rules.pack(_tokenTerms(token), POLICY.panelTiers(token)));
        emit TokenRulesCopied(rules, edition, token);
    }

    /// @inheritdoc IRulebook
    function rulesNow(address token, uint8 domain, uint8 riskClass, uint8 jurisdiction)
        external
        view
        returns (uint256[] memory rules)
    {
        bytes memory packed = _pack(token, domain, riskClass, jurisdiction);
        assembly ("memory-safe") {
            // The same memory, its length counted in words instead of bytes: the layout is in whole words.
            mstore(packed, div(mload(packed), 32))
            rules := packed
        }
    }

    function _keep(bytes32 key, bytes memory packed) private returns (address rules) {
        rules = SSTORE2.write(packed);
        _copies[key] = rules;
    }

    function _pack(address token, uint8 domain, uint8 riskClass, uint8 jurisdiction)
        private
        view
        returns (bytes memory)
    {
        // The reserve price decides on the panel size alone, which the tiers stand for.
        return Rules.pack(
            POLICY.commissionTerms(token, domain, riskClass, jurisdiction, 0), POLICY.panelTiers(token)
        );
    }

    function _tokenTerms(address token) private view returns (IPolicy.CommissionTerms memory terms) {
        IPolicy.TokenRule memory rule = POLICY.tokenRule(token);
        if (!rule.allowed) revert IPolicy.TokenNotAllowed(token);
        (terms.minEvaluationFee, terms.appealBond) = (rule.minEvaluationFee, rule.appealBond);
        terms.stepFee = rule.stepFee;
        (terms.treasury, terms.feePpm) = (POLICY.treasury(), POLICY.feePpm());
        (terms.coolingOff, terms.feeShareCap) = (POLICY.coolingOff(), POLICY.feeShareCap());
        (terms.timeouts, terms.stakes) = (POLICY.timeouts(), POLICY.stakes());
    }
}
