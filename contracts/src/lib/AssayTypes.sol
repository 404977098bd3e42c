// SPDX-License-Identifier: Apache-2.0
// What participants sign for contracts to judge: orders, receipts, checkpoints. EIP-712, specs/contracts.md §2.
pragma solidity ^0.8.28;

import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";

/// A payer's order for one answer, signed by its session key.
struct Order {
    bytes32 paymentChannel;
    string requestId;
    bytes32 requestHash;
    string channel;
    bytes32 target;
    bytes32 priceBook;
    uint128 maxAmount;
    uint64 deadline;
}

/// A node's word for one answer and its amount, signed by its payment key.
struct Receipt {
    bytes32 node;
    bytes16 stream;
    uint64 sequence;
    bytes32 receipt;
    bytes32 order;
    uint128 amount;
}

/// Domain ("Assay", "1", chain id, vault): one vault, one chain; what is signed for another means nothing here.
library AssayTypes {
    bytes32 internal constant DOMAIN_TYPEHASH =
        keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)");
    bytes32 internal constant ORDER_TYPEHASH = keccak256(
        "Order(bytes32 paymentChannel,string requestId,bytes32 requestHash,string channel,bytes32 target,bytes32 priceBook,uint128 maxAmount,uint64 deadline)"
    );
    bytes32 internal constant RECEIPT_TYPEHASH = keccak256(
        "Receipt(bytes32 node,bytes16 stream,uint64 sequence,bytes32 receipt,bytes32 order,uint128 amount)"
    );
    bytes32 internal constant CHECKPOINT_TYPEHASH = keccak256("Checkpoint(bytes32 origin,uint64 size,bytes32 root)");

    /// Computed at every use, so that after a fork of the chain the other side's signatures are void.
    function domain(address vault) internal view returns (bytes32) {
        return keccak256(abi.encode(DOMAIN_TYPEHASH, keccak256("Assay"), keccak256("1"), block.chainid, vault));
    }

    function orderDigest(Order calldata order, address vault) internal view returns (bytes32) {
        bytes32 message = keccak256(
            abi.encode(
                ORDER_TYPEHASH,
                order.paymentChannel,
                keccak256(bytes(order.requestId)),
                order.requestHash,
                keccak256(bytes(order.channel)),
                order.target,
                order.priceBook,
                order.maxAmount,
                order.deadline
            )
        );
        return MessageHashUtils.toTypedDataHash(domain(vault), message);
    }

    function receiptDigest(Receipt calldata receipt, address vault) internal view returns (bytes32) {
        bytes32 message = keccak256(abi.encode(RECEIPT_TYPEHASH, receipt));
        return MessageHashUtils.toTypedDataHash(domain(vault), message);
    }

    function checkpointDigest(bytes32 origin, uint64 size, bytes32 root, address vault)
        internal
        view
        returns (bytes32)
    {
        bytes32 message = keccak256(abi.encode(CHECKPOINT_TYPEHASH, origin, size, root));
        return MessageHashUtils.toTypedDataHash(domain(vault), message);
    }
}
