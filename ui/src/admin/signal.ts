//! What a verdict sounds and feels like, for a door where nobody looks at the screen: one high tone lets in, two low ones do not.
let audio: AudioContext | undefined;

/** To be called from a click or a key, without which browsers stay silent. */
export function allowSound(): void {
  try {
    audio ??= new AudioContext();
    void audio.resume();
  } catch {
    // A verdict is also seen and read.
  }
}

function tone(frequency: number, from: number, seconds: number): void {
  if (!audio) return;
  const [of, gain] = [audio.createOscillator(), audio.createGain()];
  of.frequency.value = frequency;
  gain.gain.setValueAtTime(0.25, audio.currentTime + from);
  gain.gain.exponentialRampToValueAtTime(0.001, audio.currentTime + from + seconds);
  of.connect(gain).connect(audio.destination);
  of.start(audio.currentTime + from);
  of.stop(audio.currentTime + from + seconds);
}

export function signal(ok: boolean): void {
  if (ok) tone(1_046, 0, 0.18);
  else {
    tone(220, 0, 0.22);
    tone(196, 0.26, 0.3);
  }
  navigator.vibrate?.(ok ? 60 : [120, 80, 120]);
}
