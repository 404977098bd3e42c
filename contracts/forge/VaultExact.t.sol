// SPDX-License-Identifier: Apache-2.0
// `exact` payments arrive as held, are captured by a batch or go back (PROTOCOL 7.2).
pragma solidity ^0.8.28;

import {VaultBase} from "../src/vault/VaultBase.sol";
import {VaultBatches} from "../src/vault/VaultBatches.sol";
import {VaultExact} from "../src/vault/VaultExact.sol";
import {Charge} from "../src/lib/Charge.sol";
import {World} from "./support/World.sol";

contract VaultExactTest is World {
    bytes32 private constant NONCE = keccak256("nonce");

    function setUp() public {
        deployWorld();
        anchorLog(40);
        token.mint(payer, 500);
    }

    function testHoldsASignedTransferForItsPayer() public {
        vm.expectEmit();
        emit VaultExact.ExactHeld(_id(), payer, NONCE, 200);
        eq(_accept(200), _id());
        (address owner, uint40 returnableAt, uint128 amount) = vault.held(_id());
        eq(owner, payer);
        eq(returnableAt, block.timestamp + HOLD);
        eq(amount, 200);
        eq(vault.liabilities(), 200);
        eq(vault.unallocated(), 0);
        eq(token.balanceOf(address(vault)), 200);
        eq(token.balanceOf(payer), 300);
    }

    function testOneAuthorizationIsHeldOnce() public {
        _accept(200);
        bytes memory sig = _sign(200);
        vm.expectRevert();
        vault.acceptExact(payer, 200, 0, type(uint256).max, NONCE, sig);
        eq(vault.liabilities(), 200);
    }

    function testHoldsNothingForNobody() public {
        bytes memory sig = _sign(0);
        vm.expectPartialRevert(VaultBase.NothingToPay.selector);
        vault.acceptExact(payer, 0, 0, type(uint256).max, NONCE, sig);
        vm.expectPartialRevert(VaultBase.NothingToPay.selector);
        vault.acceptExact(address(0), 1, 0, type(uint256).max, NONCE, sig);
    }

    function testTheSettlerGivesBackAtOnceOthersAfterTheHold() public {
        _accept(200);
        uint256 free = block.timestamp + HOLD;
        vm.warp(free - 1);
        bytes32 id = _id();
        vm.expectRevert(abi.encodeWithSelector(VaultBase.TooEarly.selector, free));
        vault.returnExact(id);
        vm.prank(settler);
        vm.expectEmit();
        emit VaultExact.ExactReturned(id, payer, 200);
        vault.returnExact(id);
        eq(token.balanceOf(payer), 500);
        eq(vault.liabilities(), 0);
        vm.expectPartialRevert(VaultExact.NothingHeld.selector);
        vault.returnExact(id);
    }

    function testAnybodyGivesBackAfterTheHold() public {
        _accept(200);
        vm.warp(block.timestamp + HOLD);
        vm.prank(stranger);
        vault.returnExact(_id());
        eq(token.balanceOf(payer), 500);
        eq(token.balanceOf(stranger), 0);
    }

    function testABatchCapturesAllOfIt() public {
        _accept(200);
        VaultBatches.BatchPost memory post = _capturing(200, 200);
        vm.expectEmit();
        emit VaultExact.ExactCaptured(_id(), 200);
        postBatch(post);
        eq(vault.liabilities(), 200);
        eq(vault.credits(1, node), 190);
        bytes32 id = _id();
        vm.prank(settler);
        vm.expectPartialRevert(VaultExact.NothingHeld.selector);
        vault.returnExact(id);
    }

    function testABatchCapturesAPartAndTheRestGoesBackAtOnce() public {
        _accept(200);
        postBatch(_capturing(150, 150));
        eq(vault.liabilities(), 200);
        (,, uint128 left) = vault.held(_id());
        eq(left, 50);
        vm.prank(stranger);
        vault.returnExact(_id());
        eq(token.balanceOf(payer), 350);
        eq(vault.liabilities(), 150);
    }

    function testCapturesNoMoreThanIsHeldAndNothingUnknown() public {
        _accept(200);
        VaultBatches.BatchPost memory post = _capturing(201, 201);
        vm.prank(settler);
        vm.expectRevert(abi.encodeWithSelector(VaultExact.CapturesTooMuch.selector, _id(), 200));
        vault.postBatch(post);
        post = _capturing(100, 100);
        post.captures[0].id = keccak256("unknown");
        vm.prank(settler);
        vm.expectPartialRevert(VaultExact.NothingHeld.selector);
        vault.postBatch(post);
    }

    function testHeldMoneyBacksNoBatchThatDoesNotCaptureIt() public {
        _accept(200);
        VaultBatches.BatchPost memory post = _capturing(150, 149);
        vm.prank(settler);
        vm.expectRevert(abi.encodeWithSelector(VaultBase.NotBacked.selector, 200, 201));
        vault.postBatch(post);
    }

    function testATransferOnTheTokenItselfIsUnallocated() public {
        token.transferWithAuthorization(payer, address(vault), 200, 0, type(uint256).max, NONCE, _sign(200));
        eq(vault.unallocated(), 200);
        bytes memory sig = _sign(200);
        vm.expectRevert();
        vault.acceptExact(payer, 200, 0, type(uint256).max, NONCE, sig);
        eq(vault.liabilities(), 0);
    }

    function _id() private view returns (bytes32) {
        return keccak256(abi.encode(payer, NONCE));
    }

    function _accept(uint128 value) private returns (bytes32) {
        bytes memory sig = _sign(value);
        vm.prank(gateway);
        return vault.acceptExact(payer, value, 0, type(uint256).max, NONCE, sig);
    }

    function _sign(uint256 value) private view returns (bytes memory) {
        bytes32 message = keccak256(
            abi.encode(
                keccak256(
                    "TransferWithAuthorization(address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce)"
                ),
                payer,
                address(vault),
                value,
                0,
                type(uint256).max,
                NONCE
            )
        );
        return signature(PAYER_KEY, typed(token.DOMAIN_SEPARATOR(), message));
    }

    function _capturing(uint256 charged, uint128 captured) private view returns (VaultBatches.BatchPost memory post) {
        post = batchOf(one(chargeOf(3, payer, node, charged, 10)));
        post.captures = new VaultExact.Capture[](1);
        post.captures[0] = VaultExact.Capture(_id(), captured);
    }
}
