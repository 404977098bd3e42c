// SPDX-License-Identifier: Apache-2.0
// Stake of participants by payment key: slow to leave, quick to lose by proof, and lost to payers, not burnt.
pragma solidity ^0.8.28;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {Checkpoints} from "@openzeppelin/contracts/utils/structs/Checkpoints.sol";
import {AssayTypes, Order, Receipt} from "./lib/AssayTypes.sol";
import {IStake} from "./interfaces/IStake.sol";
import {IVault} from "./interfaces/IVault.sol";

/// No owner. An account's stake is its bonded and its leaving money together; both can be slashed until it is withdrawn.
contract ParticipantRegistry is IStake, ReentrancyGuardTransient {
    using SafeERC20 for IERC20;
    using Checkpoints for Checkpoints.Trace208;

    struct Stake {
        uint128 bonded;
        uint128 leaving;
        /// Slashed money, which only a refund of this account's charges can use.
        uint128 forfeited;
        uint40 leavesAt;
    }

    IERC20 public immutable token;
    address public immutable vault;
    /// Seconds between leaving and withdrawing; longer than hold and dispute together.
    uint40 public immutable unbonding;
    /// Part of the stake at the offence that an offence costs, of 10 000.
    uint16 public immutable slashBps;

    mapping(address account => Stake) public stakes;
    /// Offences that were slashed; each counts once.
    mapping(bytes32 offence => bool) public slashed;
    mapping(address account => Checkpoints.Trace208) private _history;

    event Staked(address indexed account, address indexed from, uint128 amount);
    event Leaving(address indexed account, uint128 amount, uint40 leavesAt);
    event Unstaked(address indexed account, uint128 amount);
    event Slashed(address indexed account, bytes32 indexed offence, uint128 amount);
    event Seized(address indexed account, uint128 amount);

    error BadSetup();
    error OnlyVault();
    error NothingStaked();
    error TooEarly(uint256 until);
    error NotEquivocation();
    error NotOverclaim();
    error WrongOrder();
    error AlreadySlashed(bytes32 offence);

    constructor(IERC20 token_, address vault_, uint40 unbonding_, uint16 slashBps_) {
        require(address(token_) != address(0) && vault_ != address(0), BadSetup());
        require(IVault(vault_).registry() == address(this), BadSetup());
        // PROTOCOL 7.5: nobody leaves before what it did can be disputed and refunded.
        uint256 disputable = uint256(IVault(vault_).hold()) + IVault(vault_).response() + IVault(vault_).veto();
        require(unbonding_ >= disputable && slashBps_ > 0 && slashBps_ <= 10_000, BadSetup());
        token = token_;
        vault = vault_;
        unbonding = unbonding_;
        slashBps = slashBps_;
    }

    /// Bonds the caller's money for a payment key.
    function stake(address account, uint128 amount) external nonReentrant {
        require(amount > 0 && account != address(0), NothingStaked());
        uint256 before = token.balanceOf(address(this));
        token.safeTransferFrom(msg.sender, address(this), amount);
        require(token.balanceOf(address(this)) == before + amount, NothingStaked());
        stakes[account].bonded += amount;
        _record(account);
        emit Staked(account, msg.sender, amount);
    }

    /// Announces that bonded money leaves. What was leaving before waits for the new time as well.
    function unbond(uint128 amount) external {
        Stake storage s = stakes[msg.sender];
        require(amount > 0 && amount <= s.bonded, NothingStaked());
        s.bonded -= amount;
        s.leaving += amount;
        s.leavesAt = uint40(block.timestamp) + unbonding;
        emit Leaving(msg.sender, s.leaving, s.leavesAt);
    }

    /// Pays an account what has left. Anybody may call and bear the cost.
    function withdraw(address account) external nonReentrant {
        Stake storage s = stakes[account];
        uint128 amount = s.leaving;
        require(amount > 0, NothingStaked());
        require(block.timestamp >= s.leavesAt, TooEarly(s.leavesAt));
        s.leaving = 0;
        s.leavesAt = 0;
        _record(account);
        emit Unstaked(account, amount);
        token.safeTransfer(account, amount);
    }

    /// Slashes a payment key that signed two different receipts for one place in a stream.
    /// @param orders the orders that the two receipts name, in their order; their deadlines date the offence
    function slashEquivocation(
        Receipt[2] calldata receipts,
        bytes[2] calldata signatures,
        Order[2] calldata orders
    ) external {
        Receipt calldata a = receipts[0];
        Receipt calldata b = receipts[1];
        require(a.node == b.node && a.stream == b.stream && a.sequence == b.sequence, NotEquivocation());
        require(a.receipt != b.receipt || a.amount != b.amount, NotEquivocation());
        address account = _signer(a, signatures[0]);
        require(account == _signer(b, signatures[1]), NotEquivocation());
        uint48 when = uint48(Math.min(_time(a, orders[0]), _time(b, orders[1])));
        bytes32 offence = keccak256(abi.encode("equivocation", account, a.node, a.stream, a.sequence));
        _slash(account, offence, when);
    }

    /// Slashes a payment key that signed a receipt for more than its order allows.
    function slashOverclaim(Receipt calldata receipt, bytes calldata signature, Order calldata order) external {
        address account = _signer(receipt, signature);
        require(receipt.order == AssayTypes.orderDigest(order, vault), WrongOrder());
        require(receipt.amount > order.maxAmount, NotOverclaim());
        bytes32 offence = keccak256(abi.encode("overclaim", account, receipt.node, receipt.stream, receipt.sequence));
        _slash(account, offence, _time(receipt, order));
    }

    /// @inheritdoc IStake
    function seize(address account, uint128 amount) external nonReentrant returns (uint128 taken) {
        require(msg.sender == vault, OnlyVault());
        Stake storage s = stakes[account];
        taken = uint128(Math.min(amount, s.forfeited));
        s.forfeited -= taken;
        taken += _cut(account, amount - taken);
        emit Seized(account, taken);
        if (taken > 0) token.safeTransfer(vault, taken);
    }

    /// Bonded and leaving money of an account now.
    function stakeOf(address account) public view returns (uint128) {
        return stakes[account].bonded + stakes[account].leaving;
    }

    /// The same at a time.
    function stakeAt(address account, uint48 time) public view returns (uint128) {
        return uint128(_history[account].upperLookupRecent(time));
    }

    /// An offence costs its part of the stake of that time: never more, whatever was staked since.
    function _slash(address account, bytes32 offence, uint48 when) private {
        require(!slashed[offence], AlreadySlashed(offence));
        slashed[offence] = true;
        uint128 penalty = uint128(Math.mulDiv(stakeAt(account, when), slashBps, 10_000));
        uint128 taken = _cut(account, penalty);
        require(taken > 0, NothingStaked());
        stakes[account].forfeited += taken;
        emit Slashed(account, offence, taken);
    }

    /// Takes bonded money first, then leaving money.
    function _cut(address account, uint128 amount) private returns (uint128 taken) {
        Stake storage s = stakes[account];
        uint128 fromBonded = uint128(Math.min(amount, s.bonded));
        uint128 fromLeaving = uint128(Math.min(amount - fromBonded, s.leaving));
        s.bonded -= fromBonded;
        s.leaving -= fromLeaving;
        taken = fromBonded + fromLeaving;
        if (taken != 0) _record(account);
    }

    function _record(address account) private {
        _history[account].push(uint48(block.timestamp), stakeOf(account));
    }

    /// Low s, v 27 or 28, 65 bytes; anything else reverts.
    function _signer(Receipt calldata receipt, bytes calldata signature) private view returns (address) {
        return ECDSA.recoverCalldata(AssayTypes.receiptDigest(receipt, vault), signature);
    }

    /// When a receipt was made at the latest: its order's deadline, which the node's own signature covers, or now. A
    /// receipt without an order has no time of its own and counts as of now.
    function _time(Receipt calldata receipt, Order calldata order) private view returns (uint48) {
        if (receipt.order == bytes32(0)) return uint48(block.timestamp);
        require(receipt.order == AssayTypes.orderDigest(order, vault), WrongOrder());
        return uint48(Math.min(order.deadline, block.timestamp));
    }
}
