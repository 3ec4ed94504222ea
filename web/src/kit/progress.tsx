import css from './progress.module.css'

/** How far something has come, from 0 to 1. Live while it moves. */
export function Progress({ value, label, live }: { value: number; label: string; live?: boolean }) {
  return (
    <progress
      className={live ? `${css.bar} ${css.live}` : css.bar}
      value={value}
      max={1}
      aria-label={label}
    />
  )
}
