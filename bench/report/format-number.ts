import type { Unit } from '../harness/scenario.ts'
import type { Spread } from '../harness/statistics.ts'

/** Three digits that mean something, and thousands set apart. */
export function formatNumber(value: number): string {
  const size = Math.abs(value)
  const digits = size >= 100 ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : 3
  return value.toLocaleString('en', { minimumFractionDigits: 0, maximumFractionDigits: digits })
}

export const formatUnit = (unit: Unit): string => (unit === 'times' ? '' : ` ${unit}`)

/** `14.9 (13.8 to 17.2)`; the middle one alone where nothing was measured twice. */
export function formatSpread({ median, least, most, values }: Spread): string {
  if (values.length === 1) return formatNumber(median)
  return `${formatNumber(median)} (${formatNumber(least)} to ${formatNumber(most)})`
}

/** Ratios to compare by: `0.35`. */
export const formatRatio = (ratio: number): string =>
  ratio.toLocaleString('en', { minimumFractionDigits: 2, maximumFractionDigits: ratio < 0.1 ? 3 : 2 })
