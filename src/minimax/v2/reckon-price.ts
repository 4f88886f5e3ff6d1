import type { SecondPrice, TokenPrice } from '../model.ts';

/** What a video is paid by. */
export interface Metered {
  resolution: string | null;
  /** Of the finished video. */
  outputSeconds: number;
  /** Of all reference videos together. */
  inputSeconds: number;
  /** Frames among them. */
  images: number;
}

/** The list price in US dollars by the second, as decimal text, e.g. `0.374`; null when none is published, or none that can be. */
export function priceOf(prices: readonly SecondPrice[], metered: Metered): string | null {
  const { resolution, outputSeconds, inputSeconds, images } = metered;
  const price = prices.find((listed) => listed.resolution === resolution);
  if (!price) return null;
  const { output, referenceVideo, furtherImage, freeImages } = price;
  return inDollars(
    outputSeconds * units(output.usd) +
      Math.ceil(toThousandths(inputSeconds)) * units(referenceVideo.usd) +
      Math.max(images - freeImages, 0) * units(furtherImage.usd),
  );
}

/**
 * The list price in US dollars of so many tokens, to the ten-thousandth, as decimal text: less than
 * that is rounded.
 */
export function tokenPriceOf(
  { input, output }: TokenPrice,
  read: number,
  written: number,
): string | null {
  return inDollars((read * units(input.usd) + written * units(output.usd)) / 1_000_000);
}

/** All rates are whole in ten-thousandths of a dollar, so that no sum of seconds is rounded. */
const unitsOfDollar = 10_000;

function units(usd: string): number {
  return Math.round(Number(usd) * unitsOfDollar);
}

/** Seconds without what adding fractions leaves behind: 2.1 + 2.2 + 2.7 is 7. */
export function toThousandths(seconds: number): number {
  return Math.round(seconds * 1_000) / 1_000;
}

/** More is no price of a video. */
const mostDollars = 100_000;

function inDollars(sum: number): string | null {
  const whole = Math.round(sum);
  if (whole > mostDollars * unitsOfDollar) return null;
  const text = (whole / unitsOfDollar).toFixed(4);
  return text.replace(/0{1,2}$/, '');
}
