// SPDX-License-Identifier: Apache-2.0
// DevToken: EIP-3009 by bytes signatures, as x402 facilitators use it.
pragma solidity ^0.8.28;

import {ERC3009} from "@openzeppelin/contracts/token/ERC20/extensions/draft-ERC3009.sol";
import {World} from "./support/World.sol";

contract TokenTest is World {
    bytes32 private constant NONCE = keccak256("nonce");
    bytes32 private constant TRANSFER = keccak256(
        "TransferWithAuthorization(address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce)"
    );
    bytes32 private constant RECEIVE = keccak256(
        "ReceiveWithAuthorization(address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce)"
    );

    function setUp() public {
        deployWorld();
        token.mint(payer, 100);
    }

    function testItIsADevelopmentToken() public view {
        eq(keccak256(bytes(token.name())), keccak256("Simulated USD"));
        eq(keccak256(bytes(token.symbol())), keccak256("simUSD"));
        eq(keccak256(bytes(token.version())), keccak256("1"));
        eq(token.decimals(), 6);
        eq(token.totalSupply(), 100);
    }

    function testASignedTransferMovesOnce() public {
        bytes memory sig = _sign(TRANSFER, 40);
        vm.prank(stranger);
        token.transferWithAuthorization(payer, node, 40, 0, type(uint256).max, NONCE, sig);
        eq(token.balanceOf(node), 40);
        eq(token.balanceOf(payer), 60);
        yes(token.authorizationState(payer, NONCE));
        vm.expectPartialRevert(ERC3009.ERC3009UsedAuthorization.selector);
        token.transferWithAuthorization(payer, node, 40, 0, type(uint256).max, NONCE, sig);
    }

    function testWhatWasSignedIsWhatMoves() public {
        bytes memory sig = _sign(TRANSFER, 40);
        vm.expectPartialRevert(ERC3009.ERC3009InvalidSignature.selector);
        token.transferWithAuthorization(payer, node, 41, 0, type(uint256).max, NONCE, sig);
        vm.expectPartialRevert(ERC3009.ERC3009InvalidSignature.selector);
        token.transferWithAuthorization(payer, stranger, 40, 0, type(uint256).max, NONCE, sig);
        vm.prank(node);
        vm.expectPartialRevert(ERC3009.ERC3009InvalidSignature.selector);
        token.receiveWithAuthorization(payer, node, 40, 0, type(uint256).max, NONCE, sig);
    }

    function testOnlyTheRecipientReceives() public {
        bytes memory sig = _sign(RECEIVE, 40);
        vm.prank(stranger);
        vm.expectRevert();
        token.receiveWithAuthorization(payer, node, 40, 0, type(uint256).max, NONCE, sig);
        vm.prank(node);
        token.receiveWithAuthorization(payer, node, 40, 0, type(uint256).max, NONCE, sig);
        eq(token.balanceOf(node), 40);
    }

    function testACancelledAuthorizationIsVoid() public {
        bytes32 message = keccak256(
            abi.encode(keccak256("CancelAuthorization(address authorizer,bytes32 nonce)"), payer, NONCE)
        );
        bytes memory cancel = signature(PAYER_KEY, typed(token.DOMAIN_SEPARATOR(), message));
        bytes memory foreign = signature(SESSION_KEY, typed(token.DOMAIN_SEPARATOR(), message));
        vm.expectPartialRevert(ERC3009.ERC3009InvalidSignature.selector);
        token.cancelAuthorization(payer, NONCE, foreign);
        token.cancelAuthorization(payer, NONCE, cancel);
        bytes memory sig = _sign(TRANSFER, 40);
        vm.expectPartialRevert(ERC3009.ERC3009UsedAuthorization.selector);
        token.transferWithAuthorization(payer, node, 40, 0, type(uint256).max, NONCE, sig);
    }

    function testAnotherChainsSignatureIsVoid() public {
        bytes memory sig = _sign(TRANSFER, 40);
        vm.chainId(8453);
        vm.expectPartialRevert(ERC3009.ERC3009InvalidSignature.selector);
        token.transferWithAuthorization(payer, node, 40, 0, type(uint256).max, NONCE, sig);
    }

    function _sign(bytes32 kind, uint256 value) private view returns (bytes memory) {
        bytes32 message = keccak256(abi.encode(kind, payer, node, value, 0, type(uint256).max, NONCE));
        return signature(PAYER_KEY, typed(token.DOMAIN_SEPARATOR(), message));
    }
}
