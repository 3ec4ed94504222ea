import css from './pulse.module.css'

/** Recent volume as two-pixel bars, oldest first; the newest bar is live. */
export function Pulse({
  counts,
  label,
  width = 120,
  height = 22,
}: {
  counts: number[]
  label: string
  width?: number
  height?: number
}) {
  const most = Math.max(1, ...counts)
  const step = width / Math.max(1, counts.length)
  const bar = Math.max(1, Math.min(step - 1, 4))
  return (
    <svg
      className={css.pulse}
      width={width}
      height={height}
      viewBox={`0 0 ${width} ${height}`}
      role="img"
      aria-label={label}
    >
      {counts.map((value, at) => {
        const tall = value === 0 ? 1 : Math.max(2, Math.round((value / most) * height))
        return (
          <rect
            // biome-ignore lint/suspicious/noArrayIndexKey: a bar is its place.
            key={at}
            className={at === counts.length - 1 && value > 0 ? css.live : value > 0 ? css.bar : css.none}
            x={at * step}
            y={height - tall}
            width={bar}
            height={tall}
          />
        )
      })}
    </svg>
  )
}
