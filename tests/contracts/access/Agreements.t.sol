// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Test} from "forge-std/Test.sol";

import {Agreements} from "../../../contracts/access/Agreements.sol";
import {IAgreementKeeper, IAgreements} from "../../../contracts/interfaces/IAgreements.sol";
import {Wallet1271} from "./Wallet1271.sol";

/// @notice A contract wallet that asks to be recorded again while its signature is checked, and changes its mind later.
contract FickleWallet {
    IAgreements private immutable _AGREEMENTS;
    bool private _denies;

    constructor(IAgreements agreements) {
        _AGREEMENTS = agreements;
    }

    function deny() external {
        _denies = true;
    }

    function isValidSignature(bytes32 hash, bytes calldata) external view returns (bytes4) {
        // A static call: what it tries to write fails, and nothing else comes of it.
        (bool written,) = address(_AGREEMENTS).staticcall(abi.encodeCall(IAgreements.sign, (hash)));
        return _denies || written ? bytes4(0) : this.isValidSignature.selector;
    }
}

/// @notice Keeps an agreement to which only those have agreed whom it names.
contract Keeper is IAgreementKeeper {
    error NotNamed(bytes32 agreement, address party);

    mapping(address party => bool) public named;

    function name(address party) external {
        named[party] = true;
    }

    function requireAgreed(bytes32 agreement, address party) external view {
        if (!named[party]) revert NotNamed(agreement, party);
    }
}

/// @notice Who has agreed to what: only what a party has signed counts, once and for good, whoever brings it.
contract AgreementsTest is Test {
    bytes32 private constant TEXT = keccak256("text");

    Agreements private _agreements;
    address private _party;
    uint256 private _key;

    function setUp() public {
        vm.warp(1_800_000_000);
        _agreements = new Agreements();
        (_party, _key) = makeAddrAndKey("party");
    }

    function _signature(bytes32 text, address party, uint256 key) private view returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, _agreements.hashToSign(text, party));
        return abi.encodePacked(r, s, v);
    }

    function _one(bytes32 text, address party, bytes memory signature)
        private
        pure
        returns (IAgreements.Signature[] memory list)
    {
        list = new IAgreements.Signature[](1);
        list[0] = IAgreements.Signature(text, party, signature);
    }

    function _expectRefusal(bytes32 text, address party, bytes memory signature) private {
        vm.expectRevert(abi.encodeWithSelector(IAgreements.NotItsSignature.selector, text, party));
        _agreements.record(_one(text, party, signature));
        assertEq(_agreements.signedAt(text, party), 0);
    }

    /// @dev As any wallet computes it from the typed data.
    function testFuzz_hash_isOfTheTypedData(bytes32 text, address party) public view {
        bytes32 domain = keccak256(
            abi.encode(
                keccak256(
                    "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
                ),
                keccak256("Assay Agreements"),
                keccak256("1"),
                block.chainid,
                address(_agreements)
            )
        );
        bytes32 data = keccak256(abi.encode(keccak256("Agreement(bytes32 text,address party)"), text, party));
        assertEq(_agreements.hashToSign(text, party), keccak256(abi.encodePacked(hex"1901", domain, data)));
    }

    function testFuzz_record_whoeverBringsIt(address bringer, bytes32 text) public {
        vm.assume(text != 0);
        bytes memory signature = _signature(text, _party, _key);
        vm.expectEmit(address(_agreements));
        emit IAgreements.Signed(text, _party);
        vm.prank(bringer);
        _agreements.record(_one(text, _party, signature));
        assertEq(_agreements.signedAt(text, _party), block.timestamp);
        _agreements.requireSigned(text, _party);
        if (bringer != _party) assertEq(_agreements.signedAt(text, bringer), 0);
    }

    function testFuzz_record_onlyWhatWasSigned(bytes32 text, bytes32 other, uint256 seed) public {
        vm.assume(text != 0 && other != text && other != 0);
        uint256 key = bound(seed, 1, 2 ** 200);
        vm.assume(key != _key);
        bytes memory signature = _signature(text, _party, _key);
        _expectRefusal(other, _party, signature);
        _expectRefusal(text, vm.addr(key), signature);
        _expectRefusal(text, _party, _signature(text, _party, key));
        _expectRefusal(text, _party, _signature(text, vm.addr(key), _key));
        _expectRefusal(text, address(0), signature);
    }

    function testFuzz_record_garbage(bytes calldata garbage) public {
        _expectRefusal(TEXT, _party, garbage);
    }

    /// @dev One signature has one form: with s negated it is another's, or nobody's.
    function test_record_malleable() public {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(_key, _agreements.hashToSign(TEXT, _party));
        uint256 order = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141;
        _expectRefusal(TEXT, _party, abi.encodePacked(r, bytes32(order - uint256(s)), v ^ 7));
    }

    function test_record_forOneChainAndContract() public {
        bytes memory signature = _signature(TEXT, _party, _key);
        Agreements elsewhere = new Agreements();
        vm.expectRevert(abi.encodeWithSelector(IAgreements.NotItsSignature.selector, TEXT, _party));
        elsewhere.record(_one(TEXT, _party, signature));
        vm.chainId(5);
        _expectRefusal(TEXT, _party, signature);
    }

    function test_record_onceAndForGood() public {
        bytes memory signature = _signature(TEXT, _party, _key);
        _agreements.record(_one(TEXT, _party, signature));
        uint40 at = _agreements.signedAt(TEXT, _party);
        skip(1 days);
        vm.recordLogs();
        _agreements.record(_one(TEXT, _party, signature));
        _agreements.record(_one(TEXT, _party, "nonsense"));
        vm.prank(_party);
        _agreements.sign(TEXT);
        assertEq(vm.getRecordedLogs().length, 0);
        assertEq(_agreements.signedAt(TEXT, _party), at);
    }

    /// @dev Nobody can stop a batch by bringing a part of it first; one bad signature stops all of it.
    function testFuzz_record_batch(uint8 count, uint8 early, uint8 bad) public {
        count = uint8(bound(count, 2, 8));
        (early, bad) = (uint8(bound(early, 0, count - 1)), uint8(bound(bad, 0, count - 1)));
        IAgreements.Signature[] memory list = new IAgreements.Signature[](count);
        for (uint256 i; i < count; ++i) {
            (address party, uint256 key) = makeAddrAndKey(vm.toString(i));
            list[i] = IAgreements.Signature(TEXT, party, _signature(TEXT, party, key));
        }
        bytes memory good = list[bad].signature;
        list[bad].signature = "";
        vm.expectRevert(abi.encodeWithSelector(IAgreements.NotItsSignature.selector, TEXT, list[bad].party));
        _agreements.record(list);
        for (uint256 i; i < count; ++i) {
            assertEq(_agreements.signedAt(TEXT, list[i].party), 0);
        }
        list[bad].signature = good;
        _agreements.record(_one(TEXT, list[early].party, list[early].signature));
        _agreements.record(list);
        for (uint256 i; i < count; ++i) {
            _agreements.requireSigned(TEXT, list[i].party);
        }
    }

    function testFuzz_sign_isOnesOwn(address party, bytes32 text, bytes32 other) public {
        vm.assume(text != 0 && other != text);
        vm.prank(party);
        _agreements.sign(text);
        _agreements.requireSigned(text, party);
        vm.expectRevert(abi.encodeWithSelector(IAgreements.NotSigned.selector, other, party));
        _agreements.requireSigned(other, party);
        if (party == _party) return;
        vm.expectRevert(abi.encodeWithSelector(IAgreements.NotSigned.selector, text, _party));
        _agreements.requireSigned(text, _party);
    }

    function test_aTextIsNeeded() public {
        vm.expectRevert(IAgreements.EmptyText.selector);
        _agreements.sign(0);
        bytes memory signature = _signature(0, _party, _key);
        vm.expectRevert(IAgreements.EmptyText.selector);
        _agreements.record(_one(0, _party, signature));
    }

    function test_smartAccount() public {
        address wallet = address(new Wallet1271(_party));
        (, uint256 stranger) = makeAddrAndKey("stranger");
        _expectRefusal(TEXT, wallet, _signature(TEXT, wallet, stranger));
        _expectRefusal(TEXT, wallet, _signature(TEXT, _party, _key)); // its owner's own, not the wallet's
        _agreements.record(_one(TEXT, wallet, _signature(TEXT, wallet, _key)));
        _agreements.requireSigned(TEXT, wallet);
        assertEq(_agreements.signedAt(TEXT, _party), 0);
    }

    /// @dev What it said when it was asked stands.
    function test_smartAccount_changesItsMind() public {
        FickleWallet wallet = new FickleWallet(_agreements);
        _agreements.record(_one(TEXT, address(wallet), ""));
        wallet.deny();
        _agreements.requireSigned(TEXT, address(wallet));
        _expectRefusal(keccak256("another"), address(wallet), "");
    }

    /* KEEPERS */

    /// @dev Its keeper says who has agreed, and no signature stands for that.
    function test_kept_itsKeeperIsAsked() public {
        Keeper keeper = new Keeper();
        vm.prank(address(keeper));
        bytes32 kept = _agreements.keep("terms");
        vm.prank(_party);
        _agreements.sign(kept);
        vm.expectRevert(abi.encodeWithSelector(Keeper.NotNamed.selector, kept, _party));
        _agreements.requireSigned(kept, _party);
        address other = makeAddr("other");
        keeper.name(other);
        _agreements.requireSigned(kept, other);
        vm.expectRevert(abi.encodeWithSelector(Keeper.NotNamed.selector, kept, _party));
        _agreements.requireSigned(kept, _party);
    }

    /// @dev Nobody can keep what another keeps, nor a text that is signed.
    function testFuzz_keep_isTheKeepersOwn(address first, address second, bytes32 terms) public {
        vm.assume(first != second);
        vm.prank(first);
        bytes32 kept = _agreements.keep(terms);
        vm.prank(second);
        bytes32 other = _agreements.keep(terms);
        assertNotEq(kept, other);
        assertNotEq(kept, terms);
        assertEq(_agreements.keeperOf(kept), first);
        assertEq(_agreements.keeperOf(other), second);
        assertEq(_agreements.keeperOf(terms), address(0));
    }
}
