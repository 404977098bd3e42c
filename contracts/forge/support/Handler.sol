// SPDX-License-Identifier: Apache-2.0
// Seven people and a clock do anything they may, in any order; ghosts remember what must be true of it.
pragma solidity ^0.8.28;

import {VaultBatches} from "../../src/vault/VaultBatches.sol";
import {VaultExact} from "../../src/vault/VaultExact.sol";
import {VaultRefunds} from "../../src/vault/VaultRefunds.sol";
import {IBatchSettlement} from "../../src/interfaces/IBatchSettlement.sol";
import {Charge, ProvenCharge} from "../../src/lib/Charge.sol";
import {Order, Receipt} from "../../src/lib/AssayTypes.sol";
import {Channels} from "./Channels.sol";
import {Trees} from "./Trees.sol";

/// Every action does something or nothing; none may revert. A revert is a broken expectation and fails the run.
contract Handler is Channels {
    address[4] internal nodes;
    address[3] internal payers;
    uint256[4] internal nodeKeys = [uint256(0xB1), 0xB2, 0xB3, 0xB4];

    IBatchSettlement.ChannelConfig internal config;
    bytes32 internal channel;

    mapping(uint256 batch => Charge[]) internal chargesOf;
    mapping(bytes32 incident => VaultRefunds.Plan) internal plans;
    mapping(bytes32 incident => Charge) internal scopeOf;
    bytes32[] internal incidents;
    bytes32[] internal exacts;
    /// Challenges that were made, whether answered since or not: batch and item, batch and account.
    uint256[2][] internal doubtedCharges;
    uint256[2][] internal doubtedCredits;
    uint64 internal nextIndex;
    uint256 internal salt;
    uint64 internal sequence;

    uint128 public signedCeiling;
    uint256 public minted;
    /// By log index: what was charged for it, and what was paid back for it.
    mapping(uint64 => uint256) public chargedFor;
    mapping(uint64 => uint256) public refundedFor;
    /// By account: what was ever staked, and what was slashed.
    mapping(address => uint256) public everStaked;
    mapping(address => uint256) public slashedOf;
    /// How often each consequential thing happened, so that a run can show that it reached them.
    mapping(string => uint256) public deeds;
    uint64 public lastAnchored;
    bytes32 public lastRoot;

    constructor() {
        deployWorld();
        for (uint256 i = 0; i < 4; ++i) nodes[i] = vm.addr(nodeKeys[i]);
        payers = [payer, payer2, address(0xAA)];
        config = channelConfig(address(vault));
        channel = settlement.getChannelId(config);
        token.mint(stranger, 10_000);
        minted += 10_000;
        vm.prank(stranger);
        token.approve(address(vault), type(uint256).max);
        token.approve(address(registry), type(uint256).max);
        anchorNext(20);
    }

    function world() external view returns (address, address, address, address, address) {
        return (address(token), address(vault), address(registry), address(anchor), address(settlement));
    }

    function accounts() external view returns (address[8] memory list) {
        list = [nodes[0], nodes[1], nodes[2], nodes[3], payers[0], payers[1], payers[2], treasury];
    }

    function channelOf() external view returns (bytes32) {
        return channel;
    }

    function heldExact() external view returns (uint256 sum) {
        for (uint256 i = 0; i < exacts.length; ++i) {
            (,, uint128 amount) = vault.held(exacts[i]);
            sum += amount;
        }
    }

    function openRefunds() external view returns (uint256 sum) {
        for (uint256 i = 0; i < incidents.length; ++i) {
            (,,, uint128 funded, uint128 paid,) = vault.refunds(incidents[i]);
            sum += funded - paid;
        }
    }

    function openBonds() external view returns (uint256 sum) {
        for (uint256 b = 1; b <= vault.batchCount(); ++b) {
            for (uint256 i = 0; i < chargesOf[b].length; ++i) {
                (address challenger,) = vault.challenges(leafOf(chargesOf[b][i]));
                if (challenger != address(0)) sum += BOND;
            }
            for (uint256 i = 0; i < 4; ++i) {
                (address challenger,) = vault.challenges(vault.creditSubject(b, nodes[i]));
                if (challenger != address(0)) sum += BOND;
            }
        }
    }

    function warp(uint16 by) external {
        vm.warp(block.timestamp + by % 200);
    }

    function anchorNext(uint8 more) public {
        uint64 size = lastAnchored + more % 30 + 1;
        if (size > LOG_SIZE) return;
        anchorLog(size);
        lastAnchored = size;
        lastRoot = anchor.rootAt(ORIGIN, size);
    }

    function deposit(uint64 amount) external {
        amount = amount % 100_000 + 1;
        minted += amount;
        depositInto(config, amount, ++salt);
    }

    function claimVoucher(uint64 more, uint64 less) external {
        (uint128 balance, uint128 claimed) = settlement.channels(channel);
        if (balance == claimed) return;
        uint128 ceiling = claimed + 1 + more % (balance - claimed);
        uint128 total = ceiling - less % (ceiling - claimed);
        if (ceiling > signedCeiling) signedCeiling = ceiling;
        IBatchSettlement.VoucherClaim[] memory rows = voucherBy(SESSION_KEY, config, ceiling, total);
        settlement.claimWithSignature(rows, signedBatch(rows));
        ++deeds["claim"];
    }

    function sweep() external {
        settlement.settle(address(vault), address(token));
    }

    function giveBack(uint64 amount) external {
        vm.prank(gateway);
        settlement.refund(config, amount % 5_000 + 1);
    }

    function withdrawChannel(uint64 amount) external {
        (uint128 balance, uint128 claimed) = settlement.channels(channel);
        (, uint40 since) = settlement.pendingWithdrawals(channel);
        if (since == 0 && balance > claimed) {
            vm.prank(payer);
            settlement.initiateWithdraw(config, amount % (balance - claimed) + 1);
        } else if (since != 0 && block.timestamp >= uint256(since) + 900) {
            vm.prank(payer);
            settlement.finalizeWithdraw(config);
            ++deeds["finalizeWithdraw"];
        }
    }

    function payExact(uint64 amount) external {
        amount = amount % 1000 + 1;
        token.mint(payer, amount);
        minted += amount;
        bytes32 nonce = keccak256(abi.encode(++salt));
        bytes32 message = keccak256(
            abi.encode(
                keccak256(
                    "TransferWithAuthorization(address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce)"
                ),
                payer,
                address(vault),
                uint256(amount),
                0,
                type(uint256).max,
                nonce
            )
        );
        bytes memory sig = signature(PAYER_KEY, typed(token.DOMAIN_SEPARATOR(), message));
        exacts.push(vault.acceptExact(payer, amount, 0, type(uint256).max, nonce, sig));
    }

    function returnExact(uint8 which) external {
        if (exacts.length == 0) return;
        bytes32 id = exacts[which % exacts.length];
        (address owner,,) = vault.held(id);
        if (owner == address(0)) return;
        vm.prank(settler);
        vault.returnExact(id);
        ++deeds["returnExact"];
    }

    /// Posts a batch of up to four charges that the vault's free money can bear; some capture an exact payment.
    function post(uint8 count, uint64 seed, bool forged) external {
        uint256 free = vault.unallocated();
        uint64 number = vault.batchCount() + 1;
        uint256 room = lastAnchored > nextIndex ? lastAnchored - nextIndex : 0;
        uint256 n = count % 5;
        if (n > room) n = room;
        Charge[] memory list = new Charge[](n);
        uint256 left = free;
        for (uint256 i = 0; i < n; ++i) {
            seed = uint64(uint256(keccak256(abi.encode(seed))));
            uint256 amount = left == 0 ? 0 : seed % (left / 2 + 1);
            left -= amount;
            list[i] = chargeOf(nextIndex++, payers[seed % 3], nodes[(seed >> 8) % 4], amount, amount / 10);
            // A settler that lies: the receipt is not in the log, and nobody will be able to open it.
            if (forged && i == 0) list[i].entryLeaf = keccak256("forged");
            chargesOf[number].push(list[i]);
            chargedFor[list[i].logIndex] = amount;
        }
        VaultBatches.BatchPost memory batch = batchOf(list);
        if (exacts.length > 0 && left > 0) {
            bytes32 id = exacts[seed % exacts.length];
            (,, uint128 amount) = vault.held(id);
            if (amount > 0) {
                batch.captures = new VaultExact.Capture[](1);
                batch.captures[0] = VaultExact.Capture(id, uint128(seed % amount + 1));
                ++deeds["capture"];
            }
        }
        postBatch(batch);
    }

    function withdraw(uint8 who, uint8 which) external {
        if (vault.batchCount() == 0) return;
        uint256 number = which % vault.batchCount() + 1;
        address account = who % 5 == 4 ? treasury : nodes[who % 5];
        if (vault.isHeld(number) || vault.credits(number, account) == 0) return;
        vm.prank(stranger);
        vault.withdraw(account, uints(number));
        ++deeds["withdraw"];
    }

    function challenge(uint8 which, uint8 item) external {
        (uint256 number, uint256 i) = _pick(which, item);
        if (number == 0 || !_challengeable(number)) return;
        bytes32 leaf = leafOf(chargesOf[number][i]);
        (address challenger,) = vault.challenges(leaf);
        if (challenger != address(0) || vault.opened(leaf) || vault.voided(leaf)) return;
        ProvenCharge memory mine = proven(chargesOf[number], i);
        vm.prank(stranger);
        vault.challengeCharge(mine);
        doubtedCharges.push([number, i]);
    }

    function answer(uint8 which) external {
        if (doubtedCharges.length == 0) return;
        uint256 latest = doubtedCharges.length - 1;
        uint256[2] memory doubt = doubtedCharges[latest - which % (latest + 1) % 4];
        (uint256 number, uint256 i) = (doubt[0], doubt[1]);
        Charge memory charge = chargesOf[number][i];
        (address challenger, uint40 answerBy) = vault.challenges(leafOf(charge));
        if (challenger == address(0)) return;
        ProvenCharge memory mine = proven(chargesOf[number], i);
        if (block.timestamp > answerBy) {
            uint256 before = token.balanceOf(charge.payer);
            vault.voidCharge(mine);
            ++deeds["voidCharge"];
            _gaveBack(charge, token.balanceOf(charge.payer) - before);
        } else if (charge.entryLeaf == logLeaves[charge.logIndex]) {
            vault.openCharge(mine, lastAnchored, Trees.logPath(logLeaves, charge.logIndex, 0, lastAnchored));
            ++deeds["openCharge"];
        }
    }

    function challengeCredit(uint8 who, uint8 which) external {
        if (vault.batchCount() == 0) return;
        uint256 number = vault.batchCount() - which % vault.batchCount() % 4;
        address account = nodes[who % 4];
        bytes32 subject = vault.creditSubject(number, account);
        (address challenger,) = vault.challenges(subject);
        if (challenger != address(0) || vault.opened(subject)) return;
        if (vault.credits(number, account) == 0 || !_challengeable(number)) return;
        vm.prank(stranger);
        vault.challengeCredit(number, account);
        doubtedCredits.push([number, uint160(account)]);
    }

    function answerCredit(uint8 which) external {
        if (doubtedCredits.length == 0) return;
        uint256 latest = doubtedCredits.length - 1;
        uint256[2] memory doubt = doubtedCredits[latest - which % (latest + 1) % 4];
        (uint256 number, address account) = (doubt[0], address(uint160(doubt[1])));
        (address challenger, uint40 answerBy) = vault.challenges(vault.creditSubject(number, account));
        if (challenger == address(0)) return;
        if (block.timestamp <= answerBy) {
            _openCredit(number, account);
        } else {
            vault.voidCredit(number, account);
            ++deeds["voidCredit"];
        }
    }

    function propose(uint8 which, uint8 item, bool withStake) external {
        (uint256 number, uint256 i) = _pick(which, item);
        if (number == 0) return;
        Charge memory charge = chargesOf[number][i];
        if (charge.amount == 0) return;
        bytes32 incident = keccak256(abi.encode("incident", incidents.length));
        VaultRefunds.Plan storage plan = plans[incident];
        plan.incident = incident;
        plan.root = leafOf(charge);
        plan.total = uint128(charge.amount);
        plan.count = 1;
        plan.takes.push(VaultRefunds.Take(number, charge.node, uint128(charge.amount - charge.fee)));
        plan.takes.push(VaultRefunds.Take(number, treasury, uint128(charge.fee)));
        if (withStake) plan.stakes.push(VaultRefunds.StakeTake(charge.node, uint128(charge.amount)));
        scopeOf[incident] = charge;
        incidents.push(incident);
        vm.prank(settler);
        vault.proposeRefund(plan);
    }

    function decide(uint8 which, bool stop) external {
        if (incidents.length == 0) return;
        bytes32 incident = incidents[incidents.length - 1 - which % incidents.length % 6];
        (bytes32 hash,,,,, uint40 executableAt) = vault.refunds(incident);
        if (hash == 0) return;
        if (block.timestamp >= executableAt) {
            vault.executeRefund(plans[incident]);
            ++deeds["executeRefund"];
        } else if (stop) {
            vm.prank(vetoer);
            vault.vetoRefund(incident);
            ++deeds["vetoRefund"];
        }
    }

    function claimBack(uint8 which) external {
        if (incidents.length == 0) return;
        bytes32 incident = incidents[incidents.length - 1 - which % incidents.length % 6];
        (bytes32 hash,,, uint128 funded, uint128 paid, uint40 executableAt) = vault.refunds(incident);
        Charge memory charge = scopeOf[incident];
        if (executableAt == 0 || hash != 0 || funded == paid) return;
        if (vault.voided(leafOf(charge)) || vault.isRefunded(charge.logIndex)) return;
        Charge[] storage all = chargesOf[charge.batch];
        uint256 i = 0;
        while (all[i].logIndex != charge.logIndex) ++i;
        uint256 before = token.balanceOf(charge.payer);
        vault.claimCharge(incident, proven(all, i), new bytes32[](0));
        ++deeds["claimCharge"];
        _gaveBack(charge, token.balanceOf(charge.payer) - before);
    }

    function stake(uint8 who, uint64 amount) external {
        amount = amount % 10_000 + 1;
        token.mint(address(this), amount);
        minted += amount;
        registry.stake(nodes[who % 4], amount);
        everStaked[nodes[who % 4]] += amount;
    }

    function unstake(uint8 who, uint64 amount) external {
        address account = nodes[who % 4];
        (uint128 bonded, uint128 leaving,, uint40 leavesAt) = registry.stakes(account);
        if (leaving > 0 && block.timestamp >= leavesAt) {
            registry.withdraw(account);
            ++deeds["unstake"];
        } else if (bonded > 0) {
            vm.prank(account);
            registry.unbond(amount % bonded + 1);
        }
    }

    function slash(uint8 who, uint16 ago) external {
        address account = nodes[who % 4];
        Order memory order;
        order.deadline = uint64(block.timestamp - ago % 2000);
        Receipt memory receipt;
        receipt.sequence = ++sequence;
        receipt.amount = 1;
        receipt.order = typed(vault.domainSeparator(), _orderMessage(order));
        uint256 then = registry.stakeAt(account, uint48(order.deadline));
        if (then / 2 == 0 || registry.stakeOf(account) == 0) return;
        bytes memory sig =
            signature(nodeKeys[who % 4], typed(vault.domainSeparator(), _receiptMessage(receipt)));
        uint256 before = registry.stakeOf(account);
        registry.slashOverclaim(receipt, sig, order);
        ++deeds["slash"];
        uint256 lost = before - registry.stakeOf(account);
        yes(lost <= then / 2);
        slashedOf[account] += lost;
    }

    function dispute() external {
        (, uint128 claimed) = settlement.channels(channel);
        (,, uint40 until) = vault.excessDisputes(channel);
        if (until != 0 && block.timestamp >= until) {
            vault.takeExcess(config);
            ++deeds["takeExcess"];
        } else if (until == 0 && claimed > vault.excessReturned(channel)) {
            vm.prank(payer);
            vault.disputeExcess(config);
        }
    }

    /// A receipt's charge is given back at most once, by incident or by challenge, and never more than was charged.
    function _gaveBack(Charge memory charge, uint256 amount) private {
        refundedFor[charge.logIndex] += amount;
        yes(refundedFor[charge.logIndex] <= chargedFor[charge.logIndex]);
    }

    function _openCredit(uint256 number, address account) private {
        Charge[] storage all = chargesOf[number];
        uint256 n = 0;
        for (uint256 i = 0; i < all.length; ++i) if (!vault.voided(leafOf(all[i]))) ++n;
        ProvenCharge[] memory list = new ProvenCharge[](n);
        n = 0;
        for (uint256 i = 0; i < all.length; ++i) {
            if (!vault.voided(leafOf(all[i]))) list[n++] = proven(all, i);
        }
        vault.openCredit(number, account, list);
        ++deeds["openCredit"];
    }

    function _pick(uint8 which, uint8 item) private view returns (uint256 number, uint256 i) {
        uint256 n = vault.batchCount();
        if (n == 0) return (0, 0);
        number = n - which % n % 6;
        if (chargesOf[number].length == 0) return (0, 0);
        i = item % chargesOf[number].length;
    }

    function _challengeable(uint256 number) private view returns (bool) {
        (,,, uint40 postedAt,,) = vault.batches(number);
        return block.timestamp < uint256(postedAt) + HOLD - RESPONSE;
    }

    function _orderMessage(Order memory o) private pure returns (bytes32) {
        return keccak256(
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
    }

    function _receiptMessage(Receipt memory r) private pure returns (bytes32) {
        return keccak256(
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
    }
}
