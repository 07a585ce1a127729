"""Voices of telephones: each plays a tone of its own and says whose tones it hears."""

import math
import re
import socket
import struct
import threading
import time

FRAME, RATE = 160, 8000


def encode(sample):
    """One sample as G.711 mu-law."""
    sign, value = (0x80, -sample) if sample < 0 else (0, sample)
    value = min(value, 32635) + 132
    exponent = max(value.bit_length() - 8, 0)
    return ~(sign | exponent << 4 | value >> exponent + 3 & 0x0f) & 0xff


def decode(byte):
    byte = ~byte & 0xff
    value = ((byte & 0x0f) << 3 | 0x84) << (byte >> 4 & 7)
    return 0x84 - value if byte & 0x80 else value - 0x84


def strength(samples, frequency):
    """How loud a tone is in the samples; 1 is full scale."""
    turn = 2 * math.pi * frequency / RATE
    real = sum(sample * math.cos(turn * place) for place, sample in enumerate(samples))
    other = sum(sample * math.sin(turn * place) for place, sample in enumerate(samples))
    return 2 * math.hypot(real, other) / len(samples) / 32768 if samples else 0


class Voice:
    """Speaks and listens at the media port of a telephone in one call, until it is closed."""

    def __init__(self, ua, dialog, frequency):
        self.frequency, self.frames, self.closed = frequency, [], False
        texts = [text for text in ua.received() if dialog.call_id in text and "m=audio" in text]
        self.there = ("127.0.0.1", int(re.search(r"m=audio (\d+)", texts[-1]).group(1)))
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", int(re.search(r"m=audio (\d+)", ua.sdp()).group(1))))
        self.socket.settimeout(0.2)
        self.threads = [threading.Thread(target=run, daemon=True) for run in (self.speak, self.listen)]
        for thread in self.threads:
            thread.start()

    def speak(self):
        place, due = 0, time.monotonic()
        while not self.closed:
            tone = (int(8000 * math.sin(2 * math.pi * self.frequency * (place * FRAME + step) / RATE)) for step in range(FRAME))
            head = struct.pack("!BBHII", 0x80, 0, place & 0xffff, place * FRAME, 1000 + self.frequency)
            self.socket.sendto(head + bytes(encode(sample) for sample in tone), self.there)
            place, due = place + 1, due + FRAME / RATE
            time.sleep(max(due - time.monotonic(), 0))

    def listen(self):
        while not self.closed:
            try:
                data = self.socket.recv(2048)
            except OSError:
                continue
            if len(data) == FRAME + 12:
                self.frames.append(data[12:])

    def hears(self, *voices):
        """Which of these tones are in what came last."""
        samples = [decode(byte) for frame in self.frames[-10:] for byte in frame]
        return {voice for voice in voices if strength(samples, voice.frequency) > 0.03}

    def close(self):
        self.closed = True
        for thread in self.threads:
            thread.join(2)
        self.socket.close()
