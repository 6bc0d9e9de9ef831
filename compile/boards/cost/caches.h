/* Data caches: up to three levels, set-associative, least recently used goes first, and a stream prefetcher.

   What a line costs depends on where it was found, and on whether the prefetcher had asked for it: then its latency is
   hidden and only the transfer counts.  A store that misses costs a transfer too: nothing waits for it.
   The prefetcher: a miss of the first level on the line after one that missed, or was streamed, lately.  It holds
   STREAMS such places and forgets the oldest.  It follows ascending lines only, and takes no page for a border.
   Not modelled: instruction fetches, write-backs, TLBs, other processes, physical addresses. */

enum { LEVELS = 3, STREAMS = 16 };
struct cache { uint64_t *line, *used, sets, ways; };
static struct cache cache[LEVELS];
static uint64_t line_shift = 6, now, last_line = UINT64_MAX;
static uint64_t expected[STREAMS], asked[STREAMS];
/* [where a line was found: 0 the second level, 1 the third, 2 memory][0 waited for, 1 streamed] */
static uint64_t found[LEVELS][2];

static void make_cache(struct cache *c, uint64_t bytes, uint64_t ways) {
    c->ways = ways;
    c->sets = (bytes >> line_shift) / ways;
    c->line = calloc(c->sets * ways, sizeof *c->line);
    c->used = calloc(c->sets * ways, sizeof *c->used);
}

/* Whether `line` is there; it is afterwards.  The number of sets is a power of two. */
static bool touch(struct cache *c, uint64_t line) {
    uint64_t *held = c->line + (line & (c->sets - 1)) * c->ways, *used = c->used + (line & (c->sets - 1)) * c->ways;
    uint64_t oldest = 0;
    for (uint64_t way = 0; way < c->ways; way++) {
        if (held[way] == line + 1) { used[way] = ++now; return true; }   /* + 1: zero is an empty way */
        if (used[way] < used[oldest]) oldest = way;
    }
    held[oldest] = line + 1;
    used[oldest] = ++now;
    return false;
}

static bool prefetched(uint64_t line) {
    int oldest = 0;
    for (int stream = 0; stream < STREAMS; stream++) {
        if (expected[stream] == line) {
            expected[stream] = line + 1;
            asked[stream] = now;
            return true;
        }
        if (asked[stream] < asked[oldest]) oldest = stream;
    }
    expected[oldest] = line + 1;
    asked[oldest] = now;
    return false;
}

static void touch_line(uint64_t line, bool store) {
    if (line == last_line) return;        /* it is the youngest of its set already */
    last_line = line;
    if (touch(&cache[0], line)) return;
    bool streamed = prefetched(line) || store;
    int level = 1;
    while (level < LEVELS && !(cache[level].sets && touch(&cache[level], line))) level++;
    found[level - 1][streamed]++;
}

static void access_memory(uint64_t address, uint64_t bytes, bool store) {
    uint64_t first = address >> line_shift, last = (address + bytes - 1) >> line_shift;
    touch_line(first, store);
    if (last != first) touch_line(last, store);
}
