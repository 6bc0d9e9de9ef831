/* Modelled issue cycles of one translation block under one set of a core's constants; needs decode.h.

   Two bounds, the greater counts:
   - throughput: the unit that is busiest.  Out of order, nothing else matters while the window is deep enough.
   - order and latency: in-order cores are walked through, an instruction issues when its operands are there and its
     unit is free, never before the one in front of it; out of order only what a loop carries from round to round is
     waited for (a sum that each round adds to).  A block that branches to itself is taken as that loop, and its
     steady state counts; others begin with all operands there.
   All loads hit the first-level cache here.  Units: core_model.py; constants, each with its source: cores.py. */

struct constants {
    char name[64];
    uint64_t fixed_point_total;           /* at the moment of a dump */
    double width, integer_pipes, branches, load_bytes, load_ports, store_bytes, store_ports, memory_ports;
    double vector_pipes, fp_wide, fp_narrow, multiply_long, multiply_wide, shift, dot, divide, plain_vector;
    double load_latency, vector_load_latency, multiply_latency, fused_latency, accumulate_latency, vector_latency;
    double in_order, vector_load_blocks;
};
/* The order in which an argument names them. */
static const size_t CONSTANT[] = {
#define AT(field) offsetof(struct constants, field)
    AT(width), AT(integer_pipes), AT(branches), AT(load_bytes), AT(load_ports), AT(store_bytes), AT(store_ports),
    AT(memory_ports), AT(vector_pipes), AT(fp_wide), AT(fp_narrow), AT(multiply_long), AT(multiply_wide), AT(shift),
    AT(dot), AT(divide), AT(plain_vector), AT(load_latency), AT(vector_load_latency), AT(multiply_latency),
    AT(fused_latency), AT(accumulate_latency), AT(vector_latency), AT(in_order), AT(vector_load_blocks),
#undef AT
};
enum { CONSTANTS = sizeof CONSTANT / sizeof *CONSTANT, ROUNDS = 6, SETTLED = 3 };

static double larger(double a, double b) { return a > b ? a : b; }

/* Cycles in which the load or store unit, and the vector pipes, are busy with one instruction. */
static double memory_cycles(const struct decoded *d, const struct constants *c) {
    double width = d->class == LOAD ? c->load_bytes : c->store_bytes;
    double transfers = d->bytes / width;
    uint64_t whole = (uint64_t)transfers;
    return whole < transfers ? whole + 1 : larger(whole, 1);
}
static double vector_cycles(const struct decoded *d, const struct constants *c) {
    switch (d->unit) {
    case NO_VECTOR: return d->class == LOAD && d->vector_memory ? c->vector_load_blocks * memory_cycles(d, c) : 0;
    case FP_WIDE: return c->fp_wide;
    case FP_NARROW: return c->fp_narrow;
    case MULTIPLY_LONG: return c->multiply_long;
    case MULTIPLY_WIDE: return c->multiply_wide;
    case SHIFT: return c->shift;
    case DOT_PRODUCT: return c->dot;
    case DIVIDE: return c->divide;
    default: return c->plain_vector;
    }
}

static double throughput(const struct decoded *block, size_t n, const struct constants *c) {
    double loads = 0, stores = 0, vectors = 0, multiplies = 0, shifts = 0, integers = 0, branches = 0;
    for (size_t i = 0; i < n; i++) {
        const struct decoded *d = block + i;
        double vector = vector_cycles(d, c);
        vectors += vector;
        if (d->unit == MULTIPLY_LONG || d->unit == MULTIPLY_WIDE || d->unit == DIVIDE) multiplies += vector;
        if (d->unit == SHIFT) shifts += vector;
        if (d->class == LOAD) loads += memory_cycles(d, c);
        if (d->class == STORE) stores += memory_cycles(d, c);
        integers += d->class == OTHER_INTEGER;
        branches += d->class == BRANCH;
    }
    double bound = larger(n / c->width, larger(integers / c->integer_pipes, branches / c->branches));
    bound = larger(bound, larger(loads / c->load_ports, stores / c->store_ports));
    bound = larger(bound, larger((loads + stores) / c->memory_ports, vectors / c->vector_pipes));
    /* One pipe alone multiplies integers and divides, one alone shifts: their own queue. */
    return larger(bound, larger(multiplies, shifts));
}

static double latency_of(const struct decoded *d, const struct constants *c) {
    switch (d->latency) {
    case LOADED: return c->load_latency;
    case LOADED_VECTOR: return c->vector_load_latency;
    case MULTIPLIED: return c->multiply_latency;
    case FUSED: return c->fused_latency;
    case COMPUTED_VECTOR: return c->vector_latency;
    default: return 1;
    }
}

struct walk {
    double ready[64], cycle, issued, integer, memory, vector;     /* cycle: whole; issued: how many in it */
    bool fused[64];                       /* written by a multiply-add: an addend gets it earlier */
};

static double operands_ready(const struct decoded *d, const struct constants *c, const struct walk *w) {
    double at = 0;
    for (int i = 0; i < 4 && d->reads[i] >= 0; i++) {
        int r = d->reads[i];
        bool addend = d->accumulates && r == d->writes[0] && w->fused[r];
        at = larger(at, w->ready[r] - (addend ? c->fused_latency - c->accumulate_latency : 0));
    }
    return at;
}

static void step(const struct decoded *d, const struct constants *c, struct walk *w) {
    double at = operands_ready(d, c, w), vector = vector_cycles(d, c) / c->vector_pipes;
    if (c->in_order) {
        bool memory = d->class == LOAD || d->class == STORE, integer = d->class == OTHER_INTEGER;
        at = larger(at, w->cycle);
        if (memory) at = larger(at, w->memory);
        if (vector > 0) at = larger(at, w->vector);
        if (integer) at = larger(at, w->integer);
        if (at < w->cycle + 1 && w->issued + 1 > c->width) at = w->cycle + 1;
        if (at >= w->cycle + 1) { w->cycle = (double)(uint64_t)at; w->issued = 0; }
        w->issued++;
        if (memory) w->memory = at + memory_cycles(d, c) / (d->class == LOAD ? c->load_ports : c->store_ports);
        if (vector > 0) w->vector = at + vector;
        if (integer) w->integer = at + 1 / c->integer_pipes;
    }
    for (int i = 0; i < 3 && d->writes[i] >= 0; i++) {
        bool base = i > 0 && d->writes[i] < 32 && d->vector_memory;      /* an address, counted on at once */
        w->ready[d->writes[i]] = at + (base || d->class == STORE ? 1 : latency_of(d, c));
        w->fused[d->writes[i]] = d->latency == FUSED;
    }
}

static double span(const struct walk *w, const struct constants *c) {
    double end = 0;
    if (c->in_order) return w->cycle + w->issued / c->width;
    for (int r = 0; r < 64; r++) end = larger(end, w->ready[r]);
    return end;
}

static double order_and_latency(const struct decoded *block, size_t n, const struct constants *c, bool loop) {
    struct walk w = {0};
    double settled = 0;
    if (!loop && !c->in_order) return 0;
    for (int round = 0; round < (loop ? ROUNDS : 1); round++) {
        if (round == SETTLED) settled = span(&w, c);
        for (size_t i = 0; i < n; i++) step(block + i, c, &w);
    }
    return loop ? (span(&w, c) - settled) / (ROUNDS - SETTLED) : span(&w, c);
}

static double issue_cycles(const struct decoded *block, size_t n, const struct constants *c, bool loop) {
    return larger(throughput(block, n, c), order_and_latency(block, n, c, loop));
}
