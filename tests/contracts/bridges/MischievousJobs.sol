// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IAgenticCommerce} from "../../../contracts/interfaces/IAgenticCommerce.sol";

/// @notice A job contract whose owner does with its jobs what he likes, at any time, and in the middle of each call.
contract MischievousJobs {
    enum Mood {
        Honest,
        Deaf, // takes in what it is told, and leaves the job as it is
        Reverting,
        Bombing, // answers with much more than was asked for
        Burning, // uses up all gas
        CallingBack
    }

    uint256 public count;
    Mood public mood;
    bool public calledBack; // successfully, by any door
    mapping(uint256 id => IAgenticCommerce.Job) private _jobs;
    mapping(uint256 id => uint256) public completions;
    mapping(uint256 id => uint256) public rejections;
    address private _target;
    bytes[] private _doors;

    function create(IAgenticCommerce.Job memory job) external returns (uint256 id) {
        id = job.id = ++count;
        _jobs[id] = job;
    }

    /// @dev Whatever its owner wants a job to be from now on.
    function change(uint256 id, IAgenticCommerce.Job memory job) external {
        _jobs[id] = job;
    }

    function setMood(Mood mood_) external {
        mood = mood_;
    }

    function setDoors(address target, bytes[] memory doors) external {
        _target = target;
        delete _doors;
        for (uint256 i; i < doors.length; ++i) {
            _doors.push(doors[i]);
        }
    }

    function jobOf(uint256 id) external view returns (IAgenticCommerce.Job memory) {
        return _jobs[id];
    }

    function getJob(uint256 id) external view returns (IAgenticCommerce.Job memory) {
        _misbehave();
        return _jobs[id];
    }

    function complete(uint256 id, bytes32, bytes calldata) external {
        _callBack();
        _misbehave();
        ++completions[id];
        if (mood != Mood.Deaf) _jobs[id].status = IAgenticCommerce.Status.Completed;
    }

    function reject(uint256 id, bytes32, bytes calldata) external {
        _callBack();
        _misbehave();
        ++rejections[id];
        if (mood != Mood.Deaf) _jobs[id].status = IAgenticCommerce.Status.Rejected;
    }

    function _callBack() private {
        if (mood != Mood.CallingBack) return;
        for (uint256 i; i < _doors.length; ++i) {
            (bool ok,) = _target.call(_doors[i]);
            if (ok) calledBack = true;
        }
    }

    function _misbehave() private view {
        require(mood != Mood.Reverting, "no");
        if (mood == Mood.Bombing) {
            assembly ("memory-safe") {
                return(0, 100000) // zeros
            }
        }
        while (mood == Mood.Burning) {}
    }
}
