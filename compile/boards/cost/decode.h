/* What an AArch64 instruction word is: its class, the bytes it moves, the multiply-adds it makes, the registers it
   reads and writes.  Fields by the encoding tables of the Arm Architecture Reference Manual for A-profile (DDI 0487),
   chapter C4.1 "A64 instruction set encoding"; the table is named at each function.

   Registers are 0-30 (X), 32-63 (V).  The stack pointer, the zero register and the flags are left out. */
#include <stdint.h>
#include <stdbool.h>

enum class { LOAD, STORE, FP32_MULTIPLY_ADD, FP16_MULTIPLY_ADD, DOT, WIDENING, OTHER_VECTOR, BRANCH, OTHER_INTEGER, CLASSES };
/* What a vector instruction needs of the vector pipes; NO_VECTOR for all others. */
enum unit { NO_VECTOR, FP_WIDE, FP_NARROW, MULTIPLY_LONG, MULTIPLY_WIDE, SHIFT, DOT_PRODUCT, DIVIDE, PLAIN_VECTOR };
/* Whose latency its result has. */
enum latency { AT_ONCE, LOADED, LOADED_VECTOR, MULTIPLIED, FUSED, COMPUTED_VECTOR };

struct decoded {
    enum class class;
    enum unit unit;
    enum latency latency;
    uint32_t bytes, multiply_adds;
    bool vector_memory, accumulates;      /* accumulates: the destination is also an addend */
    int8_t reads[4], writes[3];           /* -1: none */
};

#define BITS(w, high, low) (((w) >> (low)) & ((1u << ((high) - (low) + 1)) - 1))
#define V(number) ((int8_t)(32 + (number)))

static int8_t x_register(uint32_t number) { return number == 31 ? -1 : (int8_t)number; }
static void add(int8_t *list, int room, int8_t value) {
    for (int i = 0; i < room && value >= 0; i++)
        if (list[i] < 0) { list[i] = value; return; }
}
static void reads(struct decoded *d, int8_t r) { add(d->reads, 4, r); }
static void writes(struct decoded *d, int8_t r) { add(d->writes, 3, r); }

static void set_memory(struct decoded *d, bool load, bool vector, uint32_t bytes) {
    d->class = load ? LOAD : STORE;
    d->bytes = bytes;
    d->vector_memory = vector;
    d->latency = load ? (vector ? LOADED_VECTOR : LOADED) : AT_ONCE;
}
static void data_register(struct decoded *d, uint32_t number) {
    int8_t r = d->vector_memory ? V(number & 31) : x_register(number);
    if (d->class == LOAD) writes(d, r); else reads(d, r);
}

/* "Advanced SIMD load/store multiple structures" and "... single structure", with and without post-index. */
static void decode_structures(uint32_t w, struct decoded *d) {
    static const uint8_t registers[16] = {[0] = 4, [2] = 4, [4] = 3, [6] = 3, [7] = 1, [8] = 2, [10] = 2};
    uint32_t count, bytes;
    if (!BITS(w, 24, 24)) {
        count = registers[BITS(w, 15, 12)];
        bytes = count * (BITS(w, 30, 30) ? 16 : 8);
    } else {
        uint32_t opcode = BITS(w, 15, 13), scale = opcode >> 1;
        if (scale == 3) scale = BITS(w, 11, 10);                    /* LD1R and its kin: one element for all lanes */
        else if (scale == 2 && BITS(w, 10, 10)) scale = 3;
        count = ((opcode & 1) << 1 | BITS(w, 21, 21)) + 1;
        bytes = count << scale;
    }
    set_memory(d, BITS(w, 22, 22), true, bytes);
    for (uint32_t i = 0; i < count && i < 2; i++) data_register(d, BITS(w, 4, 0) + i);
    if (BITS(w, 23, 23)) writes(d, x_register(BITS(w, 9, 5)));
}

/* "Load/store register" in all its forms (bits 29:28 = 11), "atomic memory operations" too. */
static void decode_register(uint32_t w, struct decoded *d) {
    uint32_t size = BITS(w, 31, 30), opc = BITS(w, 23, 22), vector = BITS(w, 26, 26);
    bool unsigned_offset = BITS(w, 24, 24), by_register = !unsigned_offset && BITS(w, 21, 21);
    if (!vector && size == 3 && opc == 2) { d->class = OTHER_INTEGER; return; }        /* PRFM */
    if (by_register && BITS(w, 11, 10) == 0) set_memory(d, true, false, 1u << size);    /* atomic: a load that stores */
    else if (vector) set_memory(d, opc & 1, true, opc & 2 ? 16 : 1u << size);
    else set_memory(d, opc != 0, false, 1u << size);
    data_register(d, BITS(w, 4, 0));
    if (by_register) reads(d, x_register(BITS(w, 20, 16)));
    else if (!unsigned_offset && BITS(w, 10, 10)) writes(d, x_register(BITS(w, 9, 5)));   /* post- and pre-index */
}

/* "Loads and Stores": bits 28:25 = x1x0. */
static void decode_memory(uint32_t w, struct decoded *d) {
    uint32_t family = BITS(w, 29, 28), vector = BITS(w, 26, 26), opc = BITS(w, 31, 30);
    if (family == 1 && !BITS(w, 24, 24)) {                                              /* load register (literal) */
        if (!vector && opc == 3) { d->class = OTHER_INTEGER; return; }                   /* PRFM */
        set_memory(d, true, vector, vector ? 4u << opc : opc == 1 ? 8 : 4);
        data_register(d, BITS(w, 4, 0));
        return;
    }
    reads(d, x_register(BITS(w, 9, 5)));
    if (family == 0 && vector) decode_structures(w, d);
    else if (family == 2) {                                                             /* load/store pair */
        set_memory(d, BITS(w, 22, 22), vector, vector ? 8u << opc : opc == 2 ? 16 : 8);
        data_register(d, BITS(w, 4, 0));
        data_register(d, BITS(w, 14, 10));
        if (BITS(w, 23, 23)) writes(d, x_register(BITS(w, 9, 5)));
    } else if (family == 3) decode_register(w, d);
    else {                                                                              /* exclusive, ordered, RCpc */
        set_memory(d, family == 0 ? BITS(w, 22, 22) : BITS(w, 23, 22) != 0, false, 1u << opc);
        data_register(d, BITS(w, 4, 0));
    }
}

static void set_vector(struct decoded *d, enum unit unit) { d->unit = unit; }
static void set_multiply_add(struct decoded *d, enum class class, enum unit unit, uint32_t lanes) {
    d->class = class;
    d->unit = unit;
    d->multiply_adds = lanes;
    d->accumulates = true;
    d->latency = FUSED;
}
static enum unit fp_unit(bool wide) { return wide ? FP_WIDE : FP_NARROW; }

/* Floating-point multiply-adds of elements of 16, 32 or 64 bits; those of 64 count among the other vector ones. */
static void set_fp_multiply_add(struct decoded *d, uint32_t bits, bool wide, uint32_t lanes) {
    enum class class = bits == 32 ? FP32_MULTIPLY_ADD : bits == 16 ? FP16_MULTIPLY_ADD : OTHER_VECTOR;
    set_multiply_add(d, class, fp_unit(wide), lanes);
}

/* "Advanced SIMD three same", "... (FP16)", "three same extra", "three different": bits 28:24 = 01110. */
static void decode_three(uint32_t w, struct decoded *d, bool scalar) {
    bool wide = BITS(w, 30, 30) && !scalar, u = BITS(w, 29, 29);
    uint32_t size = BITS(w, 23, 22), opcode = BITS(w, 15, 11), width = wide ? 128 : 64;
    reads(d, V(BITS(w, 20, 16)));
    if (!BITS(w, 10, 10)) {                                                             /* three different */
        uint32_t long_opcode = BITS(w, 15, 12), lanes = scalar ? 1 : 8u >> size;
        if (long_opcode == 8 || long_opcode == 10 || long_opcode == 9 || long_opcode == 11)
            set_multiply_add(d, WIDENING, MULTIPLY_LONG, lanes);
        else if (long_opcode >= 12) {
            set_multiply_add(d, WIDENING, MULTIPLY_LONG, lanes);
            d->accumulates = false;
        } else if (long_opcode == 5 || long_opcode == 7) set_vector(d, SHIFT);          /* SABAL, SABDL */
        return;
    }
    if (!BITS(w, 21, 21) && BITS(w, 15, 15)) {                                           /* three same extra */
        uint32_t extra = BITS(w, 14, 11);
        if (extra == 2 || extra == 3) set_multiply_add(d, DOT, DOT_PRODUCT, wide ? 16 : 8);        /* SDOT UDOT USDOT */
        else if (extra == 4 || extra == 5) set_multiply_add(d, DOT, DOT_PRODUCT, 32);              /* SMMLA and kin */
        else if (extra < 2) { set_vector(d, wide ? MULTIPLY_WIDE : MULTIPLY_LONG); d->accumulates = true; }
        else set_vector(d, fp_unit(wide));
        return;
    }
    if (!BITS(w, 21, 21)) {                                                              /* three same (FP16) */
        uint32_t half = BITS(w, 13, 11);
        if (!u && half == 1) set_fp_multiply_add(d, 16, wide, scalar ? 1 : width / 16);
        else set_vector(d, u && half == 7 ? DIVIDE : fp_unit(wide));
        return;
    }
    if (opcode >= 0x18) {                                                                /* floating point */
        uint32_t bits = size & 1 ? 64 : 32;
        if (!u && opcode == 0x19) set_fp_multiply_add(d, bits, wide, scalar ? 1 : width / bits);
        else if ((!u && opcode == 0x1d && bits == 32) || (u && opcode == 0x19 && bits == 32))
            set_fp_multiply_add(d, 16, wide, width / 32);                                /* FMLAL, FMLAL2 */
        else set_vector(d, u && opcode == 0x1f ? DIVIDE : fp_unit(wide));
    } else if (opcode == 0x12) {                                                         /* MLA, MLS */
        set_multiply_add(d, OTHER_VECTOR, wide ? MULTIPLY_WIDE : MULTIPLY_LONG, width / (8u << size));
    } else if (opcode == 0x13 || opcode == 0x16) set_vector(d, wide ? MULTIPLY_WIDE : MULTIPLY_LONG);
    else if ((opcode >= 8 && opcode <= 11) || opcode == 0x0f) set_vector(d, SHIFT);      /* shifts, SABA */
    else if (opcode == 3 && u && size) d->accumulates = true;                            /* BSL, BIT, BIF */
}

/* "Advanced SIMD vector x indexed element" and its scalar twin: bits 28:24 = 01111, bit 10 = 0. */
static void decode_by_element(uint32_t w, struct decoded *d, bool scalar) {
    bool wide = BITS(w, 30, 30) && !scalar, u = BITS(w, 29, 29);
    uint32_t size = BITS(w, 23, 22), opcode = BITS(w, 15, 12), width = wide ? 128 : 64;
    bool fp = opcode == 1 || opcode == 5 || opcode == 9;
    uint32_t bits = size == 0 ? 16 : size == 3 ? 64 : 32;
    bool halves = fp ? size == 0 : size == 1;
    reads(d, V(halves ? BITS(w, 19, 16) : BITS(w, 20, 16)));
    if (fp && opcode != 9) set_fp_multiply_add(d, bits, wide, scalar ? 1 : width / bits);
    else if (fp) set_vector(d, fp_unit(wide));
    else if (opcode == 14 || (opcode == 15 && !u)) set_multiply_add(d, DOT, DOT_PRODUCT, wide ? 16 : 8);
    else if (size == 2 && ((!u && (opcode == 0 || opcode == 4)) || (u && (opcode == 8 || opcode == 12))))
        set_fp_multiply_add(d, 16, wide, width / 32);                                    /* FMLAL, FMLSL */
    else if (opcode == 2 || opcode == 6 || opcode == 3 || opcode == 7 || opcode == 10 || opcode == 11) {
        set_multiply_add(d, WIDENING, MULTIPLY_LONG, scalar ? 1 : 8u >> size);
        d->accumulates = opcode != 10 && opcode != 11;
    } else if (u && (opcode == 0 || opcode == 4))                                        /* MLA, MLS */
        set_multiply_add(d, OTHER_VECTOR, wide ? MULTIPLY_WIDE : MULTIPLY_LONG, width / (8u << size));
    else set_vector(d, wide ? MULTIPLY_WIDE : MULTIPLY_LONG);
}

/* "Advanced SIMD two-register miscellaneous", "across lanes", "copy", "permute", "table lookup", "extract". */
static void decode_other_01110(uint32_t w, struct decoded *d, bool scalar) {
    bool wide = BITS(w, 30, 30) && !scalar, u = BITS(w, 29, 29);
    uint32_t opcode = BITS(w, 16, 12);
    if (BITS(w, 21, 17) == 0x10 || BITS(w, 21, 17) == 0x1c) {                            /* two-register misc */
        if (opcode == 6) { d->class = WIDENING; d->accumulates = true; set_vector(d, SHIFT); }      /* SADALP, UADALP */
        else if (u && opcode == 31) set_vector(d, DIVIDE);                               /* FSQRT */
        else if (opcode == 18 || opcode == 20) set_vector(d, opcode == 18 && !u ? PLAIN_VECTOR : SHIFT);   /* narrow */
        else if (opcode >= 12 && opcode != 19) set_vector(d, fp_unit(wide));
    } else if (BITS(w, 21, 17) == 0x18) set_vector(d, SHIFT);                            /* across lanes */
    else if (!BITS(w, 21, 21) && !BITS(w, 15, 15) && BITS(w, 10, 10) && BITS(w, 23, 22) == 0) {        /* copy */
        uint32_t which = BITS(w, 14, 11);
        if (!u && (which == 1 || which == 3)) {                                          /* from a general register */
            d->reads[0] = x_register(BITS(w, 9, 5));
            d->accumulates = which == 3;
        } else if (!u && (which == 5 || which == 7)) d->writes[0] = x_register(BITS(w, 4, 0));        /* SMOV, UMOV */
        else d->accumulates = u;                                                         /* INS of an element */
    } else reads(d, V(BITS(w, 20, 16)));                                                 /* permute, table, EXT */
}

/* "Floating-point": bits 30 = 0, 28:24 = 11110 (all but three sources). */
static void decode_scalar_fp(uint32_t w, struct decoded *d) {
    set_vector(d, FP_NARROW);
    if (!BITS(w, 21, 21) || BITS(w, 15, 10) == 0) {                                      /* conversion, FMOV, X registers */
        uint32_t opcode = BITS(w, 18, 16);
        bool from_general = opcode == 2 || opcode == 3 || opcode == 7;
        if (from_general) d->reads[0] = x_register(BITS(w, 9, 5));
        else d->writes[0] = x_register(BITS(w, 4, 0));
    } else if (BITS(w, 11, 10) == 2) {                                                   /* two sources */
        reads(d, V(BITS(w, 20, 16)));
        if (BITS(w, 15, 12) == 1) set_vector(d, DIVIDE);
    } else if (BITS(w, 11, 10) == 3) reads(d, V(BITS(w, 20, 16)));                       /* conditional select */
    else if (BITS(w, 14, 10) == 0x10 && BITS(w, 20, 15) == 3) set_vector(d, DIVIDE);      /* FSQRT */
    else if (BITS(w, 13, 10) == 8) { reads(d, V(BITS(w, 20, 16))); d->writes[0] = -1; }   /* compare */
}

/* "Data Processing -- Scalar Floating-Point and Advanced SIMD": bits 28:25 = x111. */
static void decode_vector(uint32_t w, struct decoded *d) {
    uint32_t top = BITS(w, 28, 24);
    bool scalar_simd = BITS(w, 30, 30) && BITS(w, 28, 28);
    d->class = OTHER_VECTOR;
    d->unit = PLAIN_VECTOR;
    d->latency = COMPUTED_VECTOR;
    writes(d, V(BITS(w, 4, 0)));
    reads(d, V(BITS(w, 9, 5)));
    if (!BITS(w, 30, 30) && top == 0x1e) decode_scalar_fp(w, d);
    else if (!BITS(w, 30, 30) && top == 0x1f) {                                          /* three sources */
        uint32_t type = BITS(w, 23, 22);
        reads(d, V(BITS(w, 20, 16)));
        set_fp_multiply_add(d, type == 0 ? 32 : type == 3 ? 16 : 64, false, 1);
        d->accumulates = false;
        reads(d, V(BITS(w, 14, 10)));
    } else if ((top & 15) == 15) {
        if (!BITS(w, 10, 10)) decode_by_element(w, d, scalar_simd);
        else if (BITS(w, 22, 19)) set_vector(d, SHIFT);                                  /* shift by immediate */
        else d->reads[0] = -1;                                                           /* modified immediate */
    } else if (BITS(w, 21, 21) && BITS(w, 11, 10) == 2) decode_other_01110(w, d, scalar_simd);
    else if (BITS(w, 21, 21) || (BITS(w, 10, 10) && (BITS(w, 15, 15) || BITS(w, 22, 22)))) decode_three(w, d, scalar_simd);
    else decode_other_01110(w, d, scalar_simd);
    if (d->accumulates) reads(d, V(BITS(w, 4, 0)));
}

/* "Data Processing -- Immediate" (100x) and "-- Register" (x101). */
static void decode_integer(uint32_t w, struct decoded *d) {
    d->class = OTHER_INTEGER;
    writes(d, x_register(BITS(w, 4, 0)));
    if (BITS(w, 28, 26) == 4) {                                                          /* immediate */
        uint32_t kind = BITS(w, 25, 23);
        if (kind == 5) { if (BITS(w, 30, 29) == 3) reads(d, x_register(BITS(w, 4, 0))); }   /* MOVK; MOVZ and MOVN: none */
        else if (kind >= 2) reads(d, x_register(BITS(w, 9, 5)));                          /* all but ADR */
        if (kind == 7) reads(d, x_register(BITS(w, 20, 16)));                             /* EXTR */
        return;
    }
    reads(d, x_register(BITS(w, 9, 5)));
    if (BITS(w, 28, 21) != 0xd6 || !BITS(w, 30, 30)) reads(d, x_register(BITS(w, 20, 16)));
    if (BITS(w, 28, 24) == 0x1b) { reads(d, x_register(BITS(w, 14, 10))); d->latency = MULTIPLIED; }   /* three sources */
}

/* "A64 instruction set encoding", the top level: bits 28:25. */
static struct decoded decode(uint32_t w) {
    struct decoded d = {.reads = {-1, -1, -1, -1}, .writes = {-1, -1, -1}};
    uint32_t op0 = BITS(w, 28, 25);
    if ((op0 & 5) == 4) decode_memory(w, &d);
    else if ((op0 & 7) == 7) decode_vector(w, &d);
    else if ((op0 & 14) == 10) d.class = BRANCH;                                         /* and system instructions */
    else if ((op0 & 14) == 8 || (op0 & 7) == 5) decode_integer(w, &d);
    else d.class = OTHER_INTEGER;
    return d;
}
