/*
 * A bad network for kernels without netem: takes every packet that an iptables rule gives to a queue, and delays, drops,
 * reorders or duplicates it. Runs where packets are forwarded, between network namespaces.
 *
 *   lossy-line QUEUE DELAY_MS JITTER_MS LOSS REORDER DUPLICATE SEED     (shares from 0 to 1)
 *
 * Each direction between two addresses is a line. Its delay wanders: every WEATHER_MS it is drawn anew from DELAY ± JITTER,
 * and packets of a line keep their order, as on a real path; delays drawn for each packet alone would reorder nearly all of
 * them. The share REORDER goes at once, and so overtakes what is held. Of the share DUPLICATE a copy follows a few
 * milliseconds later, by a raw socket: it leaves as a packet of our own and never meets the queue again.
 *
 * Prints "ready" once packets are taken, and on SIGTERM what it did, as one line of JSON.
 *
 *   gcc -O2 lossy-line.c -o lossy-line -lnetfilter_queue          (Debian: gcc libc6-dev libnetfilter-queue-dev)
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netlink.h>
#include <libnetfilter_queue/libnetfilter_queue.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#define MS 1000000ull
#define WEATHER_MS 50
#define LINES 256
#define QUEUE_PACKETS 100000
#define IPV4_HEADER 20

/* One direction between two addresses. */
struct line {
  uint32_t from, to;
  uint64_t delay, redraw, last; /* nanoseconds; `last` is when the newest packet in order leaves */
};

/* A packet that is held: the kernel's, by its id, or a copy of our own. */
struct held {
  uint64_t due, order;
  uint32_t id;
  unsigned char *copy;
  int length;
};

static double delay_ms, jitter_ms, loss, reorder, duplicate;
static uint64_t state;
static struct line lines[LINES];
static int line_count;
static struct held *heap;
static size_t heap_size, heap_room;
static uint64_t order;
static struct nfq_q_handle *queue;
static int raw;
static volatile sig_atomic_t stopping;
static struct { unsigned long seen, lost, overtook, duplicated; } did;

static void fail(const char *what) {
  perror(what);
  exit(1);
}

static uint64_t now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (uint64_t)t.tv_sec * 1000 * MS + (uint64_t)t.tv_nsec;
}

/* xorshift64*, so that a seed draws the same numbers again; from 0 to below 1. */
static double chance(void) {
  state ^= state >> 12;
  state ^= state << 25;
  state ^= state >> 27;
  return (double)((state * 2685821657736338717ull) >> 11) / 9007199254740992.0;
}

static int before(const struct held *a, const struct held *b) {
  return a->due != b->due ? a->due < b->due : a->order < b->order;
}

static void hold(struct held packet) {
  size_t at = heap_size++;
  if (heap_size > heap_room) {
    heap_room = heap_room ? 2 * heap_room : 1024;
    if (!(heap = realloc(heap, heap_room * sizeof *heap))) fail("realloc");
  }
  packet.order = order++;
  for (; at > 0 && before(&packet, &heap[(at - 1) / 2]); at = (at - 1) / 2) heap[at] = heap[(at - 1) / 2];
  heap[at] = packet;
}

static struct held first(void) {
  struct held top = heap[0], last = heap[--heap_size];
  size_t at = 0, child;
  for (; (child = 2 * at + 1) < heap_size; at = child) {
    if (child + 1 < heap_size && before(&heap[child + 1], &heap[child])) child++;
    if (!before(&heap[child], &last)) break;
    heap[at] = heap[child];
  }
  heap[at] = last;
  return top;
}

/* The line of a packet; with more pairs of addresses than lines, some share one. */
static struct line *line_of(const unsigned char *packet) {
  uint32_t from, to;
  memcpy(&from, packet + 12, 4);
  memcpy(&to, packet + 16, 4);
  for (int i = 0; i < line_count; i++)
    if (lines[i].from == from && lines[i].to == to) return &lines[i];
  if (line_count == LINES) return &lines[0];
  lines[line_count] = (struct line){.from = from, .to = to};
  return &lines[line_count++];
}

static void hold_copy(const unsigned char *packet, int length, uint64_t due) {
  unsigned char *copy = malloc((size_t)length);
  if (!copy) fail("malloc");
  memcpy(copy, packet, (size_t)length);
  hold((struct held){.due = due, .copy = copy, .length = length});
  did.duplicated++;
}

static int take(struct nfq_q_handle *q, struct nfgenmsg *message, struct nfq_data *data, void *unused) {
  (void)message, (void)unused;
  struct nfqnl_msg_packet_hdr *header = nfq_get_msg_packet_hdr(data);
  unsigned char *packet;
  int length = nfq_get_payload(data, &packet);
  if (!header) return 0;
  uint32_t id = ntohl(header->packet_id);
  if (length < IPV4_HEADER) return nfq_set_verdict(q, id, NF_ACCEPT, 0, NULL);
  did.seen++;
  if (chance() < loss) {
    did.lost++;
    return nfq_set_verdict(q, id, NF_DROP, 0, NULL);
  }
  struct line *line = line_of(packet);
  uint64_t t = now(), due;
  if (t >= line->redraw) {
    line->delay = (uint64_t)((delay_ms + (2 * chance() - 1) * jitter_ms) * MS);
    line->redraw = t + WEATHER_MS * MS;
  }
  if (chance() < reorder) {
    due = t;
    if (line->last > t) did.overtook++;
  } else {
    due = t + line->delay > line->last ? t + line->delay : line->last;
    line->last = due;
  }
  hold((struct held){.due = due, .id = id});
  if (chance() < duplicate) hold_copy(packet, length, due + (uint64_t)((1 + 4 * chance()) * MS));
  return 0;
}

static void release_due(void) {
  for (uint64_t t = now(); heap_size > 0 && heap[0].due <= t;) {
    struct held packet = first();
    if (!packet.copy) {
      nfq_set_verdict(queue, packet.id, NF_ACCEPT, 0, NULL);
      continue;
    }
    struct sockaddr_in to = {.sin_family = AF_INET};
    memcpy(&to.sin_addr, packet.copy + 16, 4);
    /* A copy that cannot be sent is a copy that got lost. */
    if (sendto(raw, packet.copy, (size_t)packet.length, 0, (struct sockaddr *)&to, sizeof to) < 0) did.duplicated--;
    free(packet.copy);
  }
}

static void stop(int signal) {
  (void)signal;
  stopping = 1;
}

static struct nfq_handle *open_queue(unsigned short number) {
  struct nfq_handle *handle = nfq_open();
  if (!handle) fail("nfq_open");
  queue = nfq_create_queue(handle, number, take, NULL);
  if (!queue) fail("nfq_create_queue");
  if (nfq_set_mode(queue, NFQNL_COPY_PACKET, 0xffff) < 0) fail("nfq_set_mode");
  if (nfq_set_queue_maxlen(queue, QUEUE_PACKETS) < 0) fail("nfq_set_queue_maxlen");
  /* A burst that we are too slow for is one more loss, and no reason to end. */
  int bytes = 32 << 20, on = 1, fd = nfq_fd(handle);
  setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof bytes);
  setsockopt(fd, SOL_NETLINK, NETLINK_NO_ENOBUFS, &on, sizeof on);
  return handle;
}

int main(int argc, char **argv) {
  if (argc != 8) {
    fprintf(stderr, "usage: lossy-line QUEUE DELAY_MS JITTER_MS LOSS REORDER DUPLICATE SEED\n");
    return 2;
  }
  delay_ms = atof(argv[2]), jitter_ms = atof(argv[3]);
  loss = atof(argv[4]), reorder = atof(argv[5]), duplicate = atof(argv[6]);
  state = strtoull(argv[7], NULL, 10) * 2 + 1; /* never 0, which xorshift would keep */
  if ((raw = socket(AF_INET, SOCK_RAW, IPPROTO_RAW)) < 0) fail("raw socket");
  struct nfq_handle *handle = open_queue((unsigned short)atoi(argv[1]));
  signal(SIGTERM, stop);
  printf("ready\n");
  fflush(stdout);
  static char buffer[0x20000] __attribute__((aligned));
  while (!stopping) {
    uint64_t t = now(), wait = heap_size == 0 ? 100 * MS : heap[0].due > t ? heap[0].due - t : 0;
    struct timespec timeout = {.tv_sec = (time_t)(wait / (1000 * MS)), .tv_nsec = (long)(wait % (1000 * MS))};
    struct pollfd readable = {.fd = nfq_fd(handle), .events = POLLIN};
    if (ppoll(&readable, 1, &timeout, NULL) > 0) {
      ssize_t length;
      while ((length = recv(nfq_fd(handle), buffer, sizeof buffer, MSG_DONTWAIT)) > 0) {
        nfq_handle_packet(handle, buffer, (int)length);
        release_due();
      }
      if (length < 0 && errno != EAGAIN && errno != EINTR && errno != ENOBUFS) fail("recv");
    }
    release_due();
  }
  printf("{\"seen\":%lu,\"lost\":%lu,\"overtook\":%lu,\"duplicated\":%lu}\n", did.seen, did.lost, did.overtook,
         did.duplicated);
  return 0;
}
