// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IConformity} from "../interfaces/IConformity.sol";
import {IParticipantRegistry} from "../interfaces/IParticipantRegistry.sol";
import {IPolicy} from "../interfaces/IPolicy.sol";

/// @title The test sets of conformity bodies, and how models stand on them.
abstract contract TestSets is IConformity {
    uint8 public constant MIN_PANEL = 3;
    uint8 public constant MAX_PANEL = 31;

    IParticipantRegistry public immutable REGISTRY;
    IPolicy public immutable POLICY;

    /// @inheritdoc IConformity
    uint32 public testSetCount;
    mapping(uint32 setId => TestSet) private _sets;
    mapping(uint32 setId => mapping(bytes32 manifest => Standing)) private _standings;
    /// @inheritdoc IConformity
    mapping(uint32 setId => mapping(bytes32 manifest => bytes32 word)) public attested;
    /// @inheritdoc IConformity
    mapping(bytes32 manifest => address applicant) public firstApplicant;

    constructor(IParticipantRegistry registry, IPolicy policy) {
        (REGISTRY, POLICY) = (registry, policy);
    }

    /// @inheritdoc IConformity
    function register(TestSet calldata set) external returns (uint32 setId) {
        if (set.body != msg.sender) revert NotBody(msg.sender);
        _requireBody(set.body, set.domain);
        _checkSet(set);
        _tokenRule(set.token);
        setId = ++testSetCount;
        _sets[setId] = set;
        emit TestSetRegistered(setId, msg.sender, set.domain, set);
    }

    /// @inheritdoc IConformity
    function retire(uint32 setId) external {
        TestSet storage set = _setOf(setId);
        if (set.body != msg.sender) revert NotBody(msg.sender);
        if (set.retired) revert SetIsRetired(setId);
        set.retired = true;
        emit TestSetRetired(setId);
    }

    /* VIEWS */

    /// @inheritdoc IConformity
    function isCurrent(uint32 setId, bytes32 manifest, uint40 interval) external view returns (bool) {
        Standing storage standing = _standings[setId][manifest];
        // summed in 256 bits: no interval is too long to be added
        return standing.passed && (interval == 0 || block.timestamp < uint256(standing.at) + interval);
    }

    /// @inheritdoc IConformity
    function standingOf(uint32 setId, bytes32 manifest) external view returns (Standing memory) {
        return _standings[setId][manifest];
    }

    /// @inheritdoc IConformity
    function testSet(uint32 setId) external view returns (TestSet memory) {
        return _setOf(setId);
    }

    /* INTERNAL */

    function _setOf(uint32 setId) internal view returns (TestSet storage set) {
        set = _sets[setId];
        if (set.body == address(0)) revert UnknownTestSet(setId);
    }

    /// @dev When its accreditation ends, a body can do no more business, but what it has certified stays.
    function _requireBody(address body, uint8 domain) internal view {
        IParticipantRegistry.Role role = IParticipantRegistry.Role.Regulator;
        if (!REGISTRY.holdsRole(body, role)) revert IParticipantRegistry.RoleRequired(body, uint8(role));
        if (!REGISTRY.inDomain(body, domain)) revert IParticipantRegistry.OutsideDomain(body, domain);
    }

    /// @return rule what Policy asks for in `token`, which it allows.
    function _tokenRule(address token) internal view returns (IPolicy.TokenRule memory rule) {
        rule = POLICY.tokenRule(token);
        if (!rule.allowed) revert IPolicy.TokenNotAllowed(token);
    }

    /// @dev A result replaces those of assessments that were opened earlier; an older one that comes late does not
    /// count. Of two that were opened in the same second the worse one counts, so nobody can ask twice and keep the
    /// better.
    function _stand(Assessment storage a, bool passed, int64 score, bytes32 word) internal {
        if (firstApplicant[a.manifest] == address(0)) firstApplicant[a.manifest] = a.applicant;
        Standing storage standing = _standings[a.setId][a.manifest];
        if (a.openedAt < standing.at || (a.openedAt == standing.at && passed)) return;
        (standing.at, standing.passed, standing.score) = (a.openedAt, passed, score);
        attested[a.setId][a.manifest] = passed ? word : bytes32(0);
    }

    function _checkSet(TestSet calldata set) private pure {
        if (set.spec == 0) revert InvalidTestSet("spec");
        if (set.dataset == 0) revert InvalidTestSet("dataset");
        if (set.panelSize < MIN_PANEL || set.panelSize > MAX_PANEL || set.panelSize % 2 == 0) {
            revert InvalidTestSet("panelSize");
        }
        if (set.retired) revert InvalidTestSet("retired");
    }
}
