import { useQuery } from '@tanstack/react-query'
import { type ReactNode, useId } from 'react'
import { count, duration, plural } from '../../../kit/figures'
import { Loaded } from '../../../kit/loaded'
import { Figures, Muted, Note, Section, Toolbar } from '../../../kit/page'
import { Pulse } from '../../../kit/pulse'
import { Switch } from '../../../kit/switch'
import { Time } from '../../../kit/time'
import { type Overview, overviewQuery, type Scope } from './data'
import { Events } from './events'
import css from './overview.module.css'
import { Reasons, RetryReasons } from './reasons'
import { TimeSelect } from './time-select'
import { type Asked, changeOf, missing, type Step, share, stepsOf } from './words'

/** What the address says of an overview. */
export interface Shown extends Asked {
  /** The step whose reasons are listed. */
  step?: string
  /** `percent` in place of counts. */
  as?: string
  /** `type` for the breakdown by call. */
  by?: string
}

/** What became of messages, step by step: how many, why not, how fast, which ones. */
export function DeliveryOverview({
  ws,
  scope,
  shown,
  onChange,
  children,
}: {
  ws: string
  scope: Scope
  shown: Shown
  onChange: (shown: Shown) => void
  /** Between the steps and the reasons. */
  children?: (overview: Overview) => ReactNode
}) {
  const overview = useQuery({
    ...overviewQuery(ws, scope, shown),
    placeholderData: (before) => before,
  })
  const { step, as, by } = shown
  return (
    <>
      <Toolbar>
        <TimeSelect asked={shown} onChange={(time) => onChange({ ...time, step, as, by })} />
        <span className={css.toggle}>
          Percent
          <Switch
            on={as === 'percent'}
            what="Percent in place of counts"
            onChange={(on) => onChange({ ...shown, as: on ? 'percent' : undefined })}
          />
        </span>
        <Muted>Counted by when messages were received. What changed is against as long a time before.</Muted>
      </Toolbar>
      <Loaded query={overview}>
        {(overview) => {
          const steps = stepsOf(overview)
          return (
            <>
              <StepList
                overview={overview}
                steps={steps}
                percent={as === 'percent'}
                chosen={step}
                choose={(step) => onChange({ ...shown, step })}
              />
              <Sum overview={overview} steps={steps} />
              {overview.latency && <Latency latency={overview.latency} />}
              {overview.retrying && overview.retrying.count > 0 && (
                <Section
                  title="Waiting for another attempt"
                  sub={
                    <>
                      {plural(overview.retrying.count, 'message')} after{' '}
                      {plural(overview.retrying.attempts, 'attempt')}
                      {overview.retrying.nextAttemptAt && (
                        <>
                          ; the next is due <Time at={overview.retrying.nextAttemptAt} />
                        </>
                      )}
                      . Nothing has to be done: they are tried again by themselves.
                    </>
                  }
                >
                  <RetryReasons ws={ws} scope={scope} reasons={overview.retrying.reasons} />
                </Section>
              )}
              {children?.(overview)}
              <Reasons
                ws={ws}
                scope={scope}
                overview={overview}
                step={steps.find(({ id }) => id === step)}
                all={() => onChange({ ...shown, step: undefined })}
              />
              <Events overview={overview} by={by} onChange={(by) => onChange({ ...shown, by })} />
            </>
          )
        }}
      </Loaded>
    </>
  )
}

const SIGN = { in: '', out: '−', waits: '', on: '', done: '' }

function StepList({
  overview,
  steps,
  percent,
  chosen,
  choose,
}: {
  overview: Overview
  steps: Step[]
  percent: boolean
  chosen: string | undefined
  choose: (step: string | undefined) => void
}) {
  const id = useId()
  const received = overview.steps.received.count
  const stopped = new Set(overview.reasons.map(({ step }) => step))
  return (
    <ol className={css.steps} aria-label="Steps of delivery">
      {steps.map((step) => {
        const change = changeOf(step)
        const inside = (
          <>
            <span className={css.label}>{step.label}</span>
            <span className={css.count}>
              {step.count > 0 && SIGN[step.role]}
              {percent ? share(step.count, received) : count(step.count)}
            </span>
            <span className={css.below}>{percent ? count(step.count) : share(step.count, received)}</span>
            <span className={css.below} title={`${count(step.before)} before`}>
              {change ? `${change.sign} ${change.words}` : '–'}
            </span>
            <Pulse counts={step.series} label={`${step.label} over time`} width={104} height={20} />
          </>
        )
        return (
          <li
            key={step.id}
            className={css.step}
            data-role={step.role}
            data-some={step.count !== 0 || undefined}
            aria-labelledby={`${id}-${step.id}`}
          >
            {step.reasons && stopped.has(step.reasons) ? (
              <button
                type="button"
                id={`${id}-${step.id}`}
                aria-pressed={chosen === step.id}
                onClick={() => choose(chosen === step.id ? undefined : step.id)}
              >
                {inside}
              </button>
            ) : (
              <div id={`${id}-${step.id}`}>{inside}</div>
            )}
          </li>
        )
      })}
    </ol>
  )
}

/** The sum of all steps, or what is wrong with it. */
function Sum({ overview, steps }: { overview: Overview; steps: Step[] }) {
  const rest = missing(steps)
  if (rest !== 0 || !overview.balanced) {
    return (
      <Note tone="bad">
        <span role="alert">
          ✕ This does not balance
          {rest !== 0 &&
            `: ${plural(Math.abs(rest), 'message')} ${rest > 0 ? 'received are not accounted for' : 'are accounted for that were not received'}`}
          . Look again in a minute; if it stays so, tell whoever runs this server.
        </span>
      </Note>
    )
  }
  const refused = overview.steps.refusedRequests.count
  return (
    <p className={css.sum}>
      {overview.steps.received.count === 0
        ? 'Nothing was received in this time.'
        : `✓ ${count(overview.steps.received.count)} received = ${steps
            .filter(({ role, count }) => role !== 'in' && count !== 0)
            .map((step) => `${count(step.count)} ${step.label.toLowerCase()}`)
            .join(' + ')}`}
      {refused > 0 && `; beside these, ${plural(refused, 'request was', 'requests were')} refused whole`}
    </p>
  )
}

function Latency({ latency }: { latency: NonNullable<Overview['latency']> }) {
  const rows: [string, number | null | undefined, number | null | undefined][] = [
    ['half within', latency.p50Ms, latency.before.p50Ms],
    ['95 of 100 within', latency.p95Ms, latency.before.p95Ms],
    ['99 of 100 within', latency.p99Ms, latency.before.p99Ms],
  ]
  return (
    <Section
      title="From received to delivered"
      sub={
        latency.messages > 0
          ? `Of ${plural(latency.messages, 'message')} that arrived, retries included.`
          : 'Nothing arrived in this time.'
      }
    >
      {latency.messages > 0 && (
        <Figures
          of={rows.map(([name, now, before], at) => ({
            name: (
              <>
                {['p50', 'p95', 'p99'][at]} <small>{name}</small>
              </>
            ),
            value: now === null || now === undefined ? '–' : duration(now),
            note: before === null || before === undefined ? 'none before' : `${duration(before)} before`,
          }))}
        />
      )}
    </Section>
  )
}
