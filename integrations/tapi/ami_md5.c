/*
 * ami_md5.c - see ami_md5.h.
 */
#include "ami_md5.h"

#include <stdint.h>
#include <string.h>

static const uint32_t sines[64] = {
    0xd76aa478, 0xe8c7b756, 0x242070db, 0xc1bdceee, 0xf57c0faf, 0x4787c62a, 0xa8304613, 0xfd469501, 0x698098d8, 0x8b44f7af, 0xffff5bb1,
    0x895cd7be, 0x6b901122, 0xfd987193, 0xa679438e, 0x49b40821, 0xf61e2562, 0xc040b340, 0x265e5a51, 0xe9b6c7aa, 0xd62f105d, 0x02441453,
    0xd8a1e681, 0xe7d3fbc8, 0x21e1cde6, 0xc33707d6, 0xf4d50d87, 0x455a14ed, 0xa9e3e905, 0xfcefa3f8, 0x676f02d9, 0x8d2a4c8a, 0xfffa3942,
    0x8771f681, 0x6d9d6122, 0xfde5380c, 0xa4beea44, 0x4bdecfa9, 0xf6bb4b60, 0xbebfbc70, 0x289b7ec6, 0xeaa127fa, 0xd4ef3085, 0x04881d05,
    0xd9d4d039, 0xe6db99e5, 0x1fa27cf8, 0xc4ac5665, 0xf4292244, 0x432aff97, 0xab9423a7, 0xfc93a039, 0x655b59c3, 0x8f0ccc92, 0xffeff47d,
    0x85845dd1, 0x6fa87e4f, 0xfe2ce6e0, 0xa3014314, 0x4e0811a1, 0xf7537e82, 0xbd3af235, 0x2ad7d2bb, 0xeb86d391};
static const unsigned char turns[4][4] = {{7, 12, 17, 22}, {5, 9, 14, 20}, {4, 11, 16, 23}, {6, 10, 15, 21}};

static uint32_t mixed(unsigned round, uint32_t b, uint32_t c, uint32_t d)
{
    return round == 0 ? (b & c) | (~b & d) : round == 1 ? (d & b) | (~d & c) : round == 2 ? b ^ c ^ d : c ^ (b | ~d);
}

static void add_block(uint32_t state[4], const unsigned char *block)
{
    static const unsigned char step[4] = {1, 5, 3, 7}, first[4] = {0, 1, 5, 0};
    uint32_t a = state[0], b = state[1], c = state[2], d = state[3];
    unsigned i;
    for (i = 0; i < 64; i++) {
        const unsigned round = i / 16, turn = turns[round][i % 4];
        const unsigned char *at = block + 4 * ((first[round] + step[round] * i) % 16);
        const uint32_t word = (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
        const uint32_t sum = a + mixed(round, b, c, d) + sines[i] + word;
        a = d;
        d = c;
        c = b;
        b += sum << turn | sum >> (32 - turn);
    }
    state[0] += a;
    state[1] += b;
    state[2] += c;
    state[3] += d;
}

void ami_md5(const char *bytes, size_t size, char hex[33])
{
    static const char digits[] = "0123456789abcdef";
    uint32_t state[4] = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476};
    unsigned char rest[128] = {0};
    const uint64_t bits = (uint64_t)size * 8;
    const size_t left = size % 64, whole = size - left, padded = left < 56 ? 64 : 128;
    size_t i;
    for (i = 0; i < whole; i += 64)
        add_block(state, (const unsigned char *)bytes + i);
    if (left > 0)
        memcpy(rest, bytes + whole, left);
    rest[left] = 0x80;
    for (i = 0; i < 8; i++)
        rest[padded - 8 + i] = (unsigned char)(bits >> (8 * i));
    for (i = 0; i < padded; i += 64)
        add_block(state, rest + i);
    for (i = 0; i < 16; i++) {
        const unsigned byte = state[i / 4] >> (8 * (i % 4)) & 0xff;
        hex[2 * i] = digits[byte >> 4];
        hex[2 * i + 1] = digits[byte & 15];
    }
    hex[32] = '\0';
}
