// SPDX-License-Identifier: Apache-2.0
// ParticipantRegistry: slow to leave, slashed by proof against the stake of that time, and what is slashed is payers'.
pragma solidity ^0.8.28;

import {ParticipantRegistry} from "../src/ParticipantRegistry.sol";
import {Order, Receipt} from "../src/lib/AssayTypes.sol";
import {World} from "./support/World.sol";

contract RegistryTest is World {
    Order private order;
    Receipt private receipt;

    function setUp() public {
        deployWorld();
        token.mint(address(this), 10_000);
        token.approve(address(registry), type(uint256).max);
        order = Order({
            paymentChannel: keccak256("channel"),
            requestId: "request-1",
            requestHash: keccak256("request"),
            channel: "owner/model/prod",
            target: keccak256("decision"),
            priceBook: keccak256("price"),
            maxAmount: 100,
            deadline: uint64(block.timestamp)
        });
        receipt = Receipt(keccak256("node"), bytes16(uint128(7)), 3, keccak256("answer"), _digest(order), 100);
    }

    function testStakeIsAnybodysMoneyForAPaymentKey() public {
        vm.expectEmit();
        emit ParticipantRegistry.Staked(node, address(this), 400);
        registry.stake(node, 400);
        eq(registry.stakeOf(node), 400);
        eq(token.balanceOf(address(registry)), 400);
        vm.expectPartialRevert(ParticipantRegistry.NothingStaked.selector);
        registry.stake(node, 0);
        vm.expectPartialRevert(ParticipantRegistry.NothingStaked.selector);
        registry.stake(address(0), 1);
    }

    function testLeavingTakesTheUnbondingTime() public {
        registry.stake(node, 400);
        vm.prank(node);
        vm.expectPartialRevert(ParticipantRegistry.NothingStaked.selector);
        registry.unbond(401);
        vm.prank(node);
        vm.expectPartialRevert(ParticipantRegistry.NothingStaked.selector);
        registry.unbond(0);
        vm.expectPartialRevert(ParticipantRegistry.NothingStaked.selector);
        registry.withdraw(node);
        uint256 leaves = block.timestamp + UNBONDING;
        vm.prank(node);
        vm.expectEmit();
        emit ParticipantRegistry.Leaving(node, 400, uint40(leaves));
        registry.unbond(400);
        eq(registry.stakeOf(node), 400);
        vm.warp(leaves - 1);
        vm.expectRevert(abi.encodeWithSelector(ParticipantRegistry.TooEarly.selector, leaves));
        registry.withdraw(node);
        vm.warp(leaves);
        vm.prank(stranger);
        vm.expectEmit();
        emit ParticipantRegistry.Unstaked(node, 400);
        registry.withdraw(node);
        eq(token.balanceOf(node), 400);
        eq(registry.stakeOf(node), 0);
        eq(registry.stakeAt(node, uint48(block.timestamp)), 0);
        eq(registry.stakeAt(node, uint48(leaves - 1)), 400);
        (,,, uint40 leavesAt) = registry.stakes(node);
        eq(leavesAt, 0);
    }

    function testLeavingMoreStartsTheTimeAnew() public {
        registry.stake(node, 400);
        vm.prank(node);
        registry.unbond(100);
        vm.warp(block.timestamp + UNBONDING - 1);
        vm.prank(node);
        registry.unbond(50);
        (uint128 bonded, uint128 leaving,, uint40 leavesAt) = registry.stakes(node);
        eq(bonded, 250);
        eq(leaving, 150);
        eq(leavesAt, block.timestamp + UNBONDING);
    }

    function testTwoReceiptsForOneSequenceNumberSlash() public {
        registry.stake(node, 400);
        vm.warp(block.timestamp + 10);
        Receipt memory other = receipt;
        other.receipt = keccak256("another answer");
        bytes32 offence =
            keccak256(abi.encode("equivocation", node, receipt.node, receipt.stream, receipt.sequence));
        vm.expectEmit();
        emit ParticipantRegistry.Slashed(node, offence, 200);
        _equivocation(receipt, other, order, order);
        eq(registry.stakeOf(node), 200);
        (,, uint128 forfeited,) = registry.stakes(node);
        eq(forfeited, 200);
        vm.expectPartialRevert(ParticipantRegistry.AlreadySlashed.selector);
        this.equivocation(receipt, other, order, order);
    }

    function testTheSameReceiptForAnotherAmountIsEquivocationToo() public {
        registry.stake(node, 400);
        Receipt memory other = receipt;
        other.amount = 99;
        _equivocation(receipt, other, order, order);
        eq(registry.stakeOf(node), 200);
    }

    function testDifferentPlacesKeysOrTheSameReceiptAreNoEquivocation() public {
        registry.stake(node, 400);
        Receipt memory other = receipt;
        _noEquivocation(receipt, other);
        other.receipt = keccak256("another answer");
        other.sequence = 4;
        _noEquivocation(receipt, other);
        other.sequence = 3;
        other.stream = bytes16(uint128(8));
        _noEquivocation(receipt, other);
        other.stream = receipt.stream;
        other.node = keccak256("other node");
        _noEquivocation(receipt, other);
        other.node = receipt.node;
        bytes[2] memory sigs = [_sign(NODE_KEY, receipt), _sign(PAYER_KEY, other)];
        Order[2] memory orders = [order, order];
        vm.expectPartialRevert(ParticipantRegistry.NotEquivocation.selector);
        registry.slashEquivocation([receipt, other], sigs, orders);
    }

    function testTheOrdersMustBeThoseThatTheReceiptsName() public {
        registry.stake(node, 400);
        Receipt memory other = receipt;
        other.receipt = keccak256("another answer");
        Order memory foreign = order;
        foreign.deadline -= 1;
        vm.expectPartialRevert(ParticipantRegistry.WrongOrder.selector);
        this.equivocation(receipt, other, order, foreign);
        vm.expectPartialRevert(ParticipantRegistry.WrongOrder.selector);
        this.equivocation(receipt, other, foreign, order);
        this.equivocation(receipt, other, order, order);
    }

    function testAnOffenceCostsAPartOfTheStakeOfItsTime() public {
        registry.stake(node, 400);
        vm.warp(block.timestamp + 100);
        registry.stake(node, 4000);
        Receipt memory other = receipt;
        other.receipt = keccak256("another answer");
        _equivocation(receipt, other, order, order);
        eq(registry.stakeOf(node), 4200);
    }

    function testTheEarlierOfTwoDeadlinesDatesTheOffence() public {
        registry.stake(node, 400);
        vm.warp(block.timestamp + 100);
        registry.stake(node, 4000);
        Order memory later = order;
        later.deadline = uint64(block.timestamp);
        Receipt memory other = receipt;
        other.order = _digest(later);
        other.receipt = keccak256("another answer");
        _equivocation(other, receipt, later, order);
        eq(registry.stakeOf(node), 4200);
        receipt.sequence = other.sequence = 9;
        _equivocation(receipt, other, order, later);
        eq(registry.stakeOf(node), 4000);
    }

    function testADeadlineAheadCountsAsNowAndNoOrderToo() public {
        registry.stake(node, 400);
        order.deadline = uint64(block.timestamp + 1000);
        receipt.order = _digest(order);
        Receipt memory other = receipt;
        other.receipt = keccak256("another answer");
        _equivocation(receipt, other, order, order);
        eq(registry.stakeOf(node), 200);
        Order memory none;
        receipt.order = other.order = 0;
        receipt.sequence = other.sequence = 4;
        _equivocation(receipt, other, none, none);
        eq(registry.stakeOf(node), 100);
    }

    function testWithoutStakeAtThatTimeThereIsNothingToSlash() public {
        vm.warp(block.timestamp + 100);
        registry.stake(node, 400);
        Receipt memory other = receipt;
        other.receipt = keccak256("another answer");
        vm.expectPartialRevert(ParticipantRegistry.NothingStaked.selector);
        this.equivocation(receipt, other, order, order);
    }

    function testMoreThanTheOrderAllowsSlashes() public {
        registry.stake(node, 400);
        bytes memory fair = _sign(NODE_KEY, receipt);
        vm.expectPartialRevert(ParticipantRegistry.NotOverclaim.selector);
        registry.slashOverclaim(receipt, fair, order);
        receipt.amount = 101;
        bytes memory sig = _sign(NODE_KEY, receipt);
        registry.slashOverclaim(receipt, sig, order);
        eq(registry.stakeOf(node), 200);
        vm.expectPartialRevert(ParticipantRegistry.AlreadySlashed.selector);
        registry.slashOverclaim(receipt, sig, order);
        order.maxAmount = 50;
        receipt.sequence = 4;
        sig = _sign(NODE_KEY, receipt);
        vm.expectPartialRevert(ParticipantRegistry.WrongOrder.selector);
        registry.slashOverclaim(receipt, sig, order);
        // A receipt without an order claims nothing; an order that somebody brings along is not its own.
        receipt.order = bytes32(0);
        sig = _sign(NODE_KEY, receipt);
        vm.expectPartialRevert(ParticipantRegistry.WrongOrder.selector);
        registry.slashOverclaim(receipt, sig, order);
    }

    function testLeavingMoneyIsSlashedAfterBondedMoney() public {
        registry.stake(node, 400);
        vm.prank(node);
        registry.unbond(300);
        receipt.amount = 101;
        registry.slashOverclaim(receipt, _sign(NODE_KEY, receipt), order);
        (uint128 bonded, uint128 leaving, uint128 forfeited,) = registry.stakes(node);
        eq(bonded, 0);
        eq(leaving, 200);
        eq(forfeited, 200);
        eq(registry.stakeAt(node, uint48(block.timestamp)), 200);
    }

    function testOnlyTheVaultSeizesForfeitedMoneyFirst() public {
        registry.stake(node, 400);
        receipt.amount = 101;
        registry.slashOverclaim(receipt, _sign(NODE_KEY, receipt), order);
        vm.expectPartialRevert(ParticipantRegistry.OnlyVault.selector);
        registry.seize(node, 1);
        vm.prank(address(vault));
        eq(registry.seize(node, 150), 150);
        (uint128 bonded,, uint128 forfeited,) = registry.stakes(node);
        eq(forfeited, 50);
        eq(bonded, 200);
        vm.prank(address(vault));
        vm.expectEmit();
        emit ParticipantRegistry.Seized(node, 120);
        registry.seize(node, 120);
        (bonded,, forfeited,) = registry.stakes(node);
        eq(forfeited, 0);
        eq(bonded, 130);
        vm.prank(address(vault));
        eq(registry.seize(node, 1000), 130);
        vm.prank(address(vault));
        eq(registry.seize(node, 1000), 0);
        eq(token.balanceOf(address(vault)), 400);
    }

    function testSetupIsChecked() public {
        NamedRegistry naming = new NamedRegistry(_next(1));
        deploy("ParticipantRegistry", abi.encode(address(token), address(naming), 15, 1));
        naming = new NamedRegistry(_next(1));
        deploy("ParticipantRegistry", abi.encode(address(token), address(naming), 15, 10_000));
        _refuses(address(token), 14, 1);
        _refuses(address(token), 15, 0);
        _refuses(address(token), 15, 10_001);
        _refuses(address(0), 15, 1);
        naming = new NamedRegistry(stranger);
        vm.expectPartialRevert(ParticipantRegistry.BadSetup.selector);
        this.deployRegistry(address(token), address(naming), 15, 1);
        eq(registry.unbonding(), UNBONDING);
        eq(registry.slashBps(), SLASH_BPS);
        eq(address(registry.token()), address(token));
        eq(registry.vault(), address(vault));
    }

    function _refuses(address tok, uint40 unbonding, uint16 bps) private {
        NamedRegistry naming = new NamedRegistry(_next(1));
        vm.expectPartialRevert(ParticipantRegistry.BadSetup.selector);
        this.deployRegistry(tok, address(naming), unbonding, bps);
    }

    function deployRegistry(address tok, address forVault, uint40 unbonding, uint16 bps) external {
        deploy("ParticipantRegistry", abi.encode(tok, forVault, unbonding, bps));
    }

    function equivocation(Receipt memory a, Receipt memory b, Order memory orderA, Order memory orderB) external {
        _equivocation(a, b, orderA, orderB);
    }

    function _equivocation(Receipt memory a, Receipt memory b, Order memory orderA, Order memory orderB) private {
        bytes[2] memory sigs = [_sign(NODE_KEY, a), _sign(NODE_KEY, b)];
        registry.slashEquivocation([a, b], sigs, [orderA, orderB]);
    }

    function _noEquivocation(Receipt memory a, Receipt memory b) private {
        vm.expectPartialRevert(ParticipantRegistry.NotEquivocation.selector);
        this.equivocation(a, b, order, order);
    }

    function _next(uint256 ahead) private view returns (address) {
        return vm.computeCreateAddress(address(this), vm.getNonce(address(this)) + ahead);
    }

    function _digest(Order memory o) private view returns (bytes32) {
        bytes32 message = keccak256(
            abi.encode(
                keccak256(
                    "Order(bytes32 paymentChannel,string requestId,bytes32 requestHash,string channel,bytes32 target,bytes32 priceBook,uint128 maxAmount,uint64 deadline)"
                ),
                o.paymentChannel,
                keccak256(bytes(o.requestId)),
                o.requestHash,
                keccak256(bytes(o.channel)),
                o.target,
                o.priceBook,
                o.maxAmount,
                o.deadline
            )
        );
        return typed(vault.domainSeparator(), message);
    }

    function _sign(uint256 key, Receipt memory r) private view returns (bytes memory) {
        bytes32 message = keccak256(
            abi.encode(
                keccak256(
                    "Receipt(bytes32 node,bytes16 stream,uint64 sequence,bytes32 receipt,bytes32 order,uint128 amount)"
                ),
                r.node,
                r.stream,
                r.sequence,
                r.receipt,
                r.order,
                r.amount
            )
        );
        return signature(key, typed(vault.domainSeparator(), message));
    }
}

/// A vault as far as a registry looks at it.
contract NamedRegistry {
    address public registry;
    uint40 public hold = 10;
    uint40 public response = 3;
    uint40 public veto = 2;

    constructor(address registry_) {
        registry = registry_;
    }
}
