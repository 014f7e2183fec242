// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IAuditRegistry} from "../../../contracts/interfaces/IAuditRegistry.sol";
import {IParticipantRegistry} from "../../../contracts/interfaces/IParticipantRegistry.sol";
import {IPolicy} from "../../../contracts/interfaces/IPolicy.sol";
import {AuditFixture} from "./AuditFixture.sol";

/// @notice Auditors, regulators, the deals' module, strangers and governance act in any order on audits that overlap.
/// What they should have brought about is kept beside the contract, by the rules as they are written down.
abstract contract AuditHandler is AuditFixture {
    uint256 internal constant MOST_AUDITS = 12;
    uint256 private constant MORE = 6;

    uint256[] internal ids;
    address[] internal people; // auditors, and two regulators
    uint256 internal broken; // rules that a call has broken
    uint256 internal condemned; // bonds that silence has cost
    mapping(uint256 auditId => uint256) internal deadlineOf;
    mapping(uint256 auditId => uint256) internal heldDraws;
    mapping(uint256 auditId => mapping(address auditor => bytes32)) private _sealedBy; // as it was said, or another's
    mapping(uint256 auditId => mapping(address auditor => bool)) private _sealedAs;
    mapping(address account => bool) private _inDraw; // of the present epoch
    uint256 private _epoch;

    function setUp() public virtual override {
        super.setUp();
        _enrolMore(MORE);
        people = auditors;
        people.push(regulator);
        address other = _register("another regulator", IParticipantRegistry.Role.Regulator);
        skip(TRUSTED_WAIT);
        _enrol(other, IParticipantRegistry.Role.Regulator);
        people.push(other);
        policy.addDomain("finance");
        registry.grantRole(registry.ACCREDITOR_ROLE(), address(this));
        for (uint256 i; i < people.length; ++i) {
            _addBond(people[i], 2 * AUDITOR_BOND);
        }
        _nextEpoch();
        _sync();
    }

    /// @dev What is called as often as it stands here.
    function _acts() internal pure returns (bytes4[] memory acts) {
        acts = new bytes4[](24);
        acts[0] = acts[1] = acts[2] = this.open.selector;
        acts[3] = this.arm.selector;
        acts[4] = this.seat.selector;
        acts[5] = acts[6] = acts[7] = acts[8] = this.draw.selector;
        acts[9] = acts[10] = acts[11] = this.post.selector;
        acts[12] = this.overdue.selector;
        acts[13] = acts[18] = this.conclude.selector;
        acts[14] = this.belong.selector;
        acts[15] = this.relate.selector;
        acts[16] = this.govern.selector;
        acts[17] = this.wait.selector;
        acts[19] = acts[20] = this.post.selector;
        acts[21] = this.startOpening.selector;
        acts[22] = acts[23] = this.conclude.selector;
    }

    /* WHAT THE FUZZER CALLS */

    function open(uint256 seed) external {
        _sync();
        if (ids.length == MOST_AUDITS) return;
        policy.setConformitySet(1, seed / 64 % 3 == 0 ? uint32(seed / 256) : 0);
        IAuditRegistry.AuditTerms memory terms = _auditTerms(uint8(1 + seed % 5), seed / 5 % 2 == 0, 1);
        terms.bond = policy.stakes().auditor;
        terms.window = policy.timeouts().audit;
        terms.conformitySet = policy.conformitySet(1);
        terms.coolingOff = policy.coolingOff();
        IPolicy.ShareCap memory cap = policy.feeShareCap();
        (terms.sharePpm, terms.sharePeriod, terms.shareMinVolume) = (cap.capPpm, cap.period, cap.minVolume);
        uint256 auditId = _request(terms);
        ids.push(auditId);
        deadlineOf[auditId] = block.timestamp + terms.window;
    }

    /// @dev Arms and seats at once, for the most part; else with changes, or too much time, in between.
    function draw(uint256 which, uint256 seed) external {
        arm(which);
        if (seed % 8 == 0) belong(seed / 64, seed / 8);
        if (seed % 8 == 1) relate(seed / 64, seed / 8);
        if (seed % 8 == 2) _nextEpoch();
        seat(which, seed % 8 == 3 ? 300 : 1);
    }

    function arm(uint256 which) public {
        _sync();
        uint256 auditId = _anAudit(which);
        if (auditId == 0 || !_try(address(this), abi.encodeCall(audits.arm, (auditId)))) return;
        if (block.timestamp >= deadlineOf[auditId]) ++broken;
        deadlineOf[auditId] = block.timestamp + audits.audit(auditId).terms.window;
    }

    /// @dev Seats, in time or not.
    function seat(uint256 which, uint256 blocks) public {
        _sync();
        uint256 auditId = _anAudit(which);
        if (auditId == 0) return;
        vm.roll(block.number + (blocks % 4 == 0 ? blocks % 300 : 3));
        IAuditRegistry.AuditView memory before = audits.audit(auditId);
        if (!_try(address(this), abi.encodeCall(audits.seat, (auditId)))) return;
        bool inTime = block.number > before.armedBlock && block.number <= before.armedBlock + 256;
        if (before.armedBlock == 0 || !inTime || block.timestamp >= deadlineOf[auditId]) ++broken;
        if (before.opening) ++broken;
        ++heldDraws[auditId];
        bool filled;
        IAuditRegistry.Verdict[] memory seats = audits.audit(auditId).seats;
        for (uint256 i; i < seats.length; ++i) {
            if (seats[i].auditor == before.seats[i].auditor) continue;
            filled = true;
            if (before.seats[i].auditor != address(0) || !_inDraw[seats[i].auditor]) ++broken;
        }
        if (filled) deadlineOf[auditId] = block.timestamp + before.terms.window;
    }

    /// @dev Up to two dozen verdicts, most of them alike and from those who sit, sealed or opened as is due.
    function post(uint256 which, uint256 seed) external {
        _sync();
        uint256 auditId = _anAudit(which);
        for (uint256 i; auditId != 0 && i <= seed % 24; ++i) {
            _postOne(auditId, i, uint256(keccak256(abi.encode(seed, i))));
        }
    }

    function _postOne(uint256 auditId, uint256 number, uint256 seed) private {
        IAuditRegistry.AuditView memory audit = audits.audit(auditId);
        number %= audit.seats.length;
        address by = seed / 16 % 8 == 0 ? people[seed / 128 % people.length] : audit.seats[number].auditor;
        bool seals = audit.seats.length > 1 && !audit.opening;
        if (seed / 1024 % 16 == 0) seals = !seals;
        if (seals) _seal(auditId, number, by, seed);
        else _open(auditId, number, by, seed);
    }

    /// @dev Now and then somebody copies the seal of another.
    function _seal(uint256 auditId, uint256 number, address by, uint256 seed) private {
        IAuditRegistry.AuditView memory audit = audits.audit(auditId);
        bool approve = (auditId % 3 != 0) == (seed / 8 % 8 != 0);
        bytes32 other = audit.seals[seed / 4096 % audit.seals.length];
        bytes32 own = seed / 65_536 % 16 == 0 && other != 0
            ? other
            : audits.sealOf(auditId, by, approve, "report", 0, AUDIT_SALT);
        if (!_try(by, abi.encodeCall(audits.sealVerdict, (auditId, number, own, 0)))) return;
        (_sealedBy[auditId][by], _sealedAs[auditId][by]) = (own, approve);
        bool again = audit.seals[number] != 0 || audit.outcome != IAuditRegistry.Outcome.Pending;
        if (by != audit.seats[number].auditor || again || block.timestamp >= deadlineOf[auditId]) ++broken;
        if (audit.opening || audit.seats.length == 1) ++broken;
        if (audits.audit(auditId).opening) deadlineOf[auditId] = block.timestamp + audit.terms.window;
    }

    /// @dev Now and then somebody says the opposite of what it has sealed.
    function _open(uint256 auditId, uint256 number, address by, uint256 seed) private {
        IAuditRegistry.AuditView memory audit = audits.audit(auditId);
        bool approve = audit.seats.length == 1
            ? (auditId % 3 != 0) == (seed / 8 % 8 != 0)
            : _sealedAs[auditId][by] != (seed / 2 ** 20 % 8 == 0);
        bytes memory data = abi.encodeCall(audits.post, (auditId, number, approve, "report", 0, AUDIT_SALT));
        if (!_try(by, data)) return;
        bool again = audit.seats[number].at != 0 || audit.outcome != IAuditRegistry.Outcome.Pending;
        if (by != audit.seats[number].auditor || again || block.timestamp >= deadlineOf[auditId]) ++broken;
        if (audit.seats.length == 1) return;
        bytes32 said = audits.sealOf(auditId, by, approve, "report", 0, AUDIT_SALT);
        if (!audit.opening || _sealedBy[auditId][by] != said) ++broken;
    }

    /// @dev At the deadline or before.
    function startOpening(uint256 which, uint256 seed) external {
        uint256 auditId = _anAudit(which);
        if (auditId == 0) return;
        if (seed % 3 == 0 && block.timestamp < deadlineOf[auditId]) vm.warp(deadlineOf[auditId]);
        _sync();
        IAuditRegistry.AuditView memory before = audits.audit(auditId);
        if (!_try(address(this), abi.encodeCall(audits.startOpening, (auditId)))) return;
        if (block.timestamp < deadlineOf[auditId] || before.opening) ++broken;
        for (uint256 i; i < before.seats.length; ++i) {
            if (before.seats[i].auditor != address(0) && before.seals[i] == 0) ++broken; // it was to be replaced
        }
        deadlineOf[auditId] = block.timestamp + before.terms.window;
    }

    /// @dev Replaces the silent, at the deadline or before.
    function overdue(uint256 which, uint256 seed) external {
        uint256 auditId = _anAudit(which);
        if (auditId == 0) return;
        if (seed % 3 == 0 && block.timestamp < deadlineOf[auditId]) vm.warp(deadlineOf[auditId]);
        _sync();
        IAuditRegistry.AuditView memory before = audits.audit(auditId);
        uint256 silentBefore = before.silent.length;
        if (!_try(address(this), abi.encodeCall(audits.replaceSilent, (auditId)))) return;
        if (block.timestamp < deadlineOf[auditId]) ++broken;
        condemned += (audits.audit(auditId).silent.length - silentBefore) * before.terms.bond;
        deadlineOf[auditId] = block.timestamp + before.terms.window;
    }

    function conclude(uint256 which, uint256 seed) external {
        uint256 auditId = _anAudit(which);
        if (seed % 3 == 0 && block.timestamp < deadlineOf[auditId]) vm.warp(deadlineOf[auditId]);
        _sync();
        if (auditId == 0 || !_try(address(this), abi.encodeCall(audits.conclude, (auditId)))) return;
        IAuditRegistry.AuditView memory audit = audits.audit(auditId);
        (uint256 approvals, uint256 rejections) = _votes(audit);
        bool heard = audit.opening || (audit.seats.length == 1 && approvals + rejections == 1);
        if (!heard && block.timestamp < deadlineOf[auditId]) ++broken;
        for (uint256 i; i < audit.seats.length; ++i) {
            if (audit.seals[i] != 0) ++broken; // nobody who has sealed is passed over
        }
        if (audit.outcome == IAuditRegistry.Outcome.Approved && 2 * approvals <= audit.seats.length) {
            ++broken;
        }
    }

    /// @dev Anybody enters, leaves, adds to its bond.
    function belong(uint256 who, uint256 seed) public {
        _sync();
        address account = people[who % people.length];
        uint256 kind = seed % 3;
        if (kind == 0) {
            bool seated = _seatsOf(account) != 0;
            if (_try(account, abi.encodeCall(audits.leave, ())) && seated) ++broken;
        } else {
            uint96 amount = kind == 1 ? policy.stakes().auditor : uint96(seed % (3 * AUDITOR_BOND));
            if (amount != 0) _fund(account, stakingToken, amount, address(audits));
            _try(
                account,
                kind == 1 ? abi.encodeCall(audits.enrol, ()) : abi.encodeCall(audits.addBond, (amount))
            );
        }
    }

    /// @dev Accreditations end and come back, ties come up, roles and domains are changed.
    function relate(uint256 who, uint256 seed) public {
        _sync();
        address account = people[who % people.length];
        if (seed % 5 == 0 && seed / 5 % 2 == 0) registry.revokeAccreditation(account);
        if (seed % 5 == 1) {
            address other = people[seed / 5 % people.length];
            _accredit(other, registry.participantOf(other).primaryRole, 0);
        }
        if (seed % 5 == 2) registry.recordDealing(account, seed / 5 % 2 == 0 ? customer : developer);
        vm.startPrank(account);
        uint40 until = uint40(block.timestamp + seed % 30 days + 1);
        if (seed % 5 == 3) try registry.declareTie(customer, until) {} catch {}
        if (seed % 5 == 4) try registry.changeDomains(uint24(1 + seed / 5 % 2)) {} catch {}
        vm.stopPrank();
    }

    /// @dev Every rule that an audit is asked for with, anywhere within its bounds; or back to where they began.
    function govern(uint256 seed) external {
        _sync();
        if (seed % 2 == 0) return _setStartingRules();
        seed /= 2;
        uint256 half = seed % 2;
        policy.setStakes(IPolicy.Stakes(SEAT, uint96(half * AUDITOR_BOND + seed / 2 % AUDITOR_BOND), 0, 0));
        IPolicy.Timeouts memory changed = policy.timeouts();
        changed.audit = uint32(1 minutes + seed / 4 % 60 days);
        policy.setTimeouts(changed);
        policy.setCoolingOff(uint40(seed / 16 % policy.MAX_COOLING_OFF()));
        uint32 cap = seed / 64 % 2 == 0 ? 0 : uint32(seed / 128 % 1_000_001);
        policy.setFeeShareCap(IPolicy.ShareCap(cap, uint40(1 days + seed % 365 days), uint96(seed % 1e21)));
        policy.setWaits(uint40(seed % 2 days), uint40(seed % 30 days));
    }

    function _setStartingRules() private {
        policy.setStakes(IPolicy.Stakes(SEAT, AUDITOR_BOND, 0, 0));
        policy.setTimeouts(times);
        policy.setFeeShareCap(IPolicy.ShareCap(0, 0, 0));
        policy.setWaits(TRUSTED_WAIT, 90 days);
    }

    function wait(uint256 which, uint256 seed) external {
        _sync();
        uint256 auditId = _anAudit(which);
        uint256 time = seed % 6 != 1 || auditId == 0 ? block.timestamp + seed % 1 days : deadlineOf[auditId];
        if (time > block.timestamp) vm.warp(time - (seed / 3 % 2));
        vm.roll(block.number + seed % 5 * 60);
        _sync();
    }

    /* BOOKS */

    /// @dev How many seats an account holds in audits that are open: drawn, and its verdict not posted yet.
    function _seatsOf(address account) internal view returns (uint256 seats) {
        (seats,) = _burdenOf(_audits(), account);
    }

    /// @dev All audits. Reading them takes most of an invariant's time, so it does it once.
    function _audits() internal view returns (IAuditRegistry.AuditView[] memory all) {
        all = new IAuditRegistry.AuditView[](ids.length);
        for (uint256 i; i < ids.length; ++i) {
            all[i] = audits.audit(ids[i]);
        }
    }

    /// @return seats held in audits that are open.
    /// @return bonds that they ask for.
    function _burdenOf(IAuditRegistry.AuditView[] memory all, address account)
        internal
        pure
        returns (uint256 seats, uint256 bonds)
    {
        for (uint256 i; i < all.length; ++i) {
            IAuditRegistry.AuditView memory audit = all[i];
            if (audit.outcome != IAuditRegistry.Outcome.Pending) continue;
            for (uint256 j; j < audit.seats.length; ++j) {
                if (audit.seats[j].auditor != account || audit.seats[j].at != 0) continue;
                ++seats;
                bonds += audit.terms.bond;
            }
        }
    }

    function _votes(IAuditRegistry.AuditView memory audit)
        internal
        pure
        returns (uint256 approvals, uint256 rejections)
    {
        for (uint256 i; i < audit.seats.length; ++i) {
            if (audit.seats[i].at == 0) continue;
            if (audit.seats[i].approved) ++approvals;
            else ++rejections;
        }
    }

    function _isOpen(uint256 auditId) internal view returns (bool) {
        return audits.audit(auditId).outcome == IAuditRegistry.Outcome.Pending;
    }

    function _try(address by, bytes memory data) internal returns (bool ok) {
        vm.prank(by);
        (ok,) = address(audits).call(data);
    }

    /// @dev An open one, if there is any.
    function _anAudit(uint256 which) private view returns (uint256 auditId) {
        for (uint256 i; i < ids.length; ++i) {
            auditId = ids[(which % ids.length + i) % ids.length];
            if (_isOpen(auditId)) return auditId;
        }
    }

    /// @dev When an epoch has begun, those who are enrolled can be drawn in it.
    function _sync() private {
        uint256 epoch = block.timestamp / EPOCH;
        if (epoch == _epoch) return;
        _epoch = epoch;
        for (uint256 i; i < people.length; ++i) {
            _inDraw[people[i]] = audits.enrolmentOf(people[i]).domains != 0;
        }
    }
}
