/* A qemu plugin (TCG plugin API v1, qemu 6.0 and later): the deterministic cost of the guest's code.

   Counts AArch64 instructions by class, multiply-adds, cache lines by where they were found, and modelled issue cycles
   under any number of sets of constants.  A block is decoded when it is translated; each time it runs one number is
   added to; everything else is worked out when the guest asks, so many sets cost no time.

   Arguments, all but `counts` repeated or left out at will:
     counts=FILE           the guest's getpriority(0x1c0de, N) makes the plugin write FILE.N, lines "name value"
     cache=LEVEL:BYTES:WAYS  levels 1 to 3
     issue=NAME:C1:C2:...  a set of constants, in the order of issue.h
   The API is declared here, so that no header of qemu's is needed to compile this. */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "decode.h"
#include "issue.h"
#include "caches.h"

typedef uint64_t plugin_id;
struct tb;
struct insn;
#define API __attribute__((visibility("default")))
API int qemu_plugin_version = 1;
void qemu_plugin_register_vcpu_tb_trans_cb(plugin_id, void (*)(plugin_id, struct tb *));
void qemu_plugin_register_vcpu_tb_exec_inline(struct tb *, int add_u64, void *, uint64_t);
void qemu_plugin_register_vcpu_mem_cb(struct insn *, void (*)(unsigned, uint32_t, uint64_t, void *), int, int, void *);
size_t qemu_plugin_tb_n_insns(const struct tb *);
struct insn *qemu_plugin_tb_get_insn(const struct tb *, size_t);
const void *qemu_plugin_insn_data(const struct insn *);
unsigned qemu_plugin_mem_size_shift(uint32_t);
bool qemu_plugin_mem_is_store(uint32_t);
void qemu_plugin_register_vcpu_syscall_cb(plugin_id, void (*)(plugin_id, unsigned, int64_t, uint64_t, uint64_t, uint64_t,
                                                             uint64_t, uint64_t, uint64_t, uint64_t, uint64_t));
enum { ADD_U64 = 0, NO_REGISTERS = 0, READS_AND_WRITES = 3, GETPRIORITY = 141, ASK = 0x1c0de };

static const char *const CLASS_NAME[CLASSES] = {
    "loads", "stores", "fp32_multiply_adds", "fp16_multiply_adds", "dot_products", "widening_multiplies", "other_vector",
    "branches", "other_integer"};
static const char *const FOUND_NAME[LEVELS][2] = {
    {"l2_lines", "l2_lines_streamed"}, {"l3_lines", "l3_lines_streamed"}, {"memory_lines", "memory_lines_streamed"}};
enum { MOST_SETS = 128, MOST_INSTRUCTIONS = 4096, FIXED_POINT = 256, BUCKETS = 1 << 16 };

/* One piece of code, however often it is translated: what one run of it adds. */
struct block {
    uint64_t runs, hash;
    struct block *next;
    uint32_t instructions, classes[CLASSES], load_bytes, store_bytes, multiply_adds;
    uint32_t cycles[];                    /* of each set, in 1 / FIXED_POINT */
};
static struct block *blocks[BUCKETS];
static struct constants *sets[MOST_SETS];
static int set_count;
static const char *counts_file;

static void on_memory(unsigned vcpu, uint32_t info, uint64_t address, void *unused) {
    (void)vcpu, (void)unused;
    access_memory(address, 1u << qemu_plugin_mem_size_shift(info), qemu_plugin_mem_is_store(info));
}

/* Whether the block's last instruction is a conditional branch to its first: B.cond, CBZ, CBNZ, TBZ, TBNZ. */
static bool branches_to_itself(uint32_t w, size_t n) {
    int32_t offset;
    if ((w & 0xff000000) == 0x54000000 || (w & 0x7e000000) == 0x34000000) offset = (int32_t)(w << 8) >> 13;
    else if ((w & 0x7e000000) == 0x36000000) offset = (int32_t)(w << 13) >> 18;
    else return false;
    return offset == -(int32_t)(n - 1);
}

static struct block *new_block(const uint32_t *words, size_t n, uint64_t hash) {
    static struct decoded decoded[MOST_INSTRUCTIONS];
    struct block *b = calloc(1, sizeof *b + set_count * sizeof *b->cycles);
    b->hash = hash;
    b->instructions = n;
    for (size_t i = 0; i < n; i++) {
        struct decoded d = decoded[i] = decode(words[i]);
        b->classes[d.class]++;
        b->multiply_adds += d.multiply_adds;
        if (d.class == LOAD) b->load_bytes += d.bytes;
        if (d.class == STORE) b->store_bytes += d.bytes;
    }
    bool loop = branches_to_itself(words[n - 1], n);
    for (int s = 0; s < set_count; s++) b->cycles[s] = issue_cycles(decoded, n, sets[s], loop) * FIXED_POINT + 0.5;
    return b;
}

/* The block of these words; qemu throws its translations away now and then, and the same words come again. */
static struct block *block_of(const uint32_t *words, size_t n) {
    uint64_t hash = 14695981039346656037u;                               /* FNV-1a, 64 bits */
    for (size_t i = 0; i < n; i++) hash = (hash ^ words[i]) * 1099511628211u;
    struct block **place = &blocks[(hash ^ hash >> 32) % BUCKETS];
    for (; *place; place = &(*place)->next)
        if ((*place)->hash == hash && (*place)->instructions == n) return *place;
    return *place = new_block(words, n, hash);
}

static void on_translation(plugin_id id, struct tb *tb) {
    static uint32_t words[MOST_INSTRUCTIONS];                            /* qemu holds a lock while it translates */
    size_t n = qemu_plugin_tb_n_insns(tb);
    (void)id;
    for (size_t i = 0; i < n; i++) {
        struct insn *instruction = qemu_plugin_tb_get_insn(tb, i);
        memcpy(&words[i], qemu_plugin_insn_data(instruction), 4);
        if ((BITS(words[i], 28, 25) & 5) == 4 && cache[0].sets)
            qemu_plugin_register_vcpu_mem_cb(instruction, on_memory, NO_REGISTERS, READS_AND_WRITES, NULL);
    }
    qemu_plugin_register_vcpu_tb_exec_inline(tb, ADD_U64, &block_of(words, n)->runs, 1);
}

static void write_counts(uint64_t number) {
    uint64_t instructions = 0, classes[CLASSES] = {0}, load_bytes = 0, store_bytes = 0, multiply_adds = 0;
    for (int s = 0; s < set_count; s++) sets[s]->fixed_point_total = 0;
    for (int i = 0; i < BUCKETS; i++)
        for (struct block *b = blocks[i]; b; b = b->next) {
            instructions += b->runs * b->instructions;
            load_bytes += b->runs * b->load_bytes;
            store_bytes += b->runs * b->store_bytes;
            multiply_adds += b->runs * b->multiply_adds;
            for (int k = 0; k < CLASSES; k++) classes[k] += b->runs * b->classes[k];
            for (int s = 0; s < set_count; s++) sets[s]->fixed_point_total += b->runs * b->cycles[s];
        }
    char path[4096];
    snprintf(path, sizeof path, "%s.%lu", counts_file, (unsigned long)number);
    FILE *file = fopen(path, "w");
    if (!file) return;                    /* the guest finds no file, and says so */
#define LINE(name, value) fprintf(file, "%s %lu\n", name, (unsigned long)(value))
    LINE("instructions", instructions);
    for (int k = 0; k < CLASSES; k++) LINE(CLASS_NAME[k], classes[k]);
    LINE("load_bytes", load_bytes);
    LINE("store_bytes", store_bytes);
    LINE("multiply_adds", multiply_adds);
    for (int level = 0; level < LEVELS; level++)
        for (int streamed = 0; streamed < 2; streamed++) LINE(FOUND_NAME[level][streamed], found[level][streamed]);
    for (int s = 0; s < set_count; s++)
        fprintf(file, "issue_cycles.%s %.3f\n", sets[s]->name, sets[s]->fixed_point_total / (double)FIXED_POINT);
    fclose(file);
}

static void on_system_call(plugin_id id, unsigned vcpu, int64_t number, uint64_t a1, uint64_t a2, uint64_t a3,
                           uint64_t a4, uint64_t a5, uint64_t a6, uint64_t a7, uint64_t a8) {
    (void)id, (void)vcpu, (void)a3, (void)a4, (void)a5, (void)a6, (void)a7, (void)a8;
    if (number == GETPRIORITY && a1 == ASK && counts_file) write_counts(a2);
}

static bool add_set(char *text) {
    struct constants *set = calloc(1, sizeof *set);
    char *name = strsep(&text, ":");
    if (set_count == MOST_SETS || strlen(name) >= sizeof set->name) return false;
    strcpy(set->name, name);
    for (int i = 0; i < CONSTANTS; i++) {
        if (!text) return false;
        *(double *)((char *)set + CONSTANT[i]) = strtod(strsep(&text, ":"), NULL);
    }
    sets[set_count++] = set;
    return !text;
}

API int qemu_plugin_install(plugin_id id, const void *info, int argc, char **argv) {
    (void)info;
    for (int i = 0; i < argc; i++) {
        unsigned level;
        unsigned long bytes, ways;
        bool good = true;
        if (!strncmp(argv[i], "counts=", 7)) counts_file = strdup(argv[i] + 7);
        else if (sscanf(argv[i], "cache=%u:%lu:%lu", &level, &bytes, &ways) == 3 && level >= 1 && level <= LEVELS)
            make_cache(&cache[level - 1], bytes, ways);
        else good = !strncmp(argv[i], "issue=", 6) && add_set(argv[i] + 6);
        if (!good) {
            fprintf(stderr, "counting plugin: cannot read the argument %s\n", argv[i]);
            return 1;
        }
    }
    qemu_plugin_register_vcpu_tb_trans_cb(id, on_translation);
    qemu_plugin_register_vcpu_syscall_cb(id, on_system_call);
    return 0;
}
