import { useEffect } from 'react'
import { api, read, type Shapes } from '../../../api/client'
import { Badge } from '../../../kit/badge'
import { Button } from '../../../kit/button'
import { Actions, Check, Form, Select, Summary, TextArea } from '../../../kit/fields'
import { useApiForm } from '../../../kit/form'
import { Caption, Muted, Section } from '../../../kit/page'
import { Time } from '../../../kit/time'
import { toast } from '../../../kit/toast'
import { FIELDS, PARTS } from '../verdicts'
import { type About, frozenOf, type Review } from './frozen'
import css from './review.module.css'

/** What reviewers said to the builder, and among themselves. */
export function Conversation({
  review,
  earlier,
  about,
  known,
}: {
  review: Review
  earlier: Review[]
  about: About | undefined
  known: (answer: { review: Review }) => Promise<unknown>
}) {
  const { comments, status, number } = review.submission
  const before = earlier.filter((round) => round.submission.comments.length > 0)
  return (
    <Section
      title="Conversation"
      sub={status === 'open' ? 'The builder reads comments once you have decided.' : undefined}
    >
      {before.map(({ submission }) => (
        <div key={submission.id} className={css.comments}>
          <Caption>round {submission.number}</Caption>
          {submission.comments.map((comment) => (
            <Comment key={comment.id} comment={comment} />
          ))}
        </div>
      ))}
      {before.length > 0 && <Caption>round {number}</Caption>}
      {comments.length === 0 && <Muted>Nothing said yet.</Muted>}
      <div className={css.comments}>
        {comments.map((comment) => (
          <Comment key={comment.id} comment={comment} />
        ))}
      </div>
      {status === 'open' && <NewComment review={review} about={about} known={known} />}
    </Section>
  )
}

function Comment({ comment }: { comment: Shapes['CommentView'] }) {
  const only = comment.audience === 'reviewers'
  return (
    <article className={css.comment} data-private={only || undefined}>
      <header>
        <span>{PARTS[comment.part]}</span>
        <code>{comment.pointer ?? comment.event}</code>
        {only && <Badge glyph="⊘">Private note</Badge>}
        {comment.resolvedAt && (
          <Badge tone="ok" glyph="✓">
            Resolved
          </Badge>
        )}
        <Time at={comment.createdAt} />
      </header>
      <p>{comment.text}</p>
    </article>
  )
}

function NewComment({
  review,
  about,
  known,
}: {
  review: Review
  about: About | undefined
  known: (answer: { review: Review }) => Promise<unknown>
}) {
  const events = [
    ...new Set((frozenOf(review).info.events ?? []).map(({ name, kind }) => name || kind || '')),
  ]
  const form = useApiForm({
    values: {
      part: (about?.part ?? 'functionality') as Shapes['Part'],
      target: about?.target ?? 'field:/events',
      text: '',
      private: false,
    },
    field: (pointer) => (pointer === '/pointer' || pointer === '/event' ? 'target' : undefined),
    send: async ({ part, target, text, private: only }) => {
      const [kind, ...rest] = target.split(':')
      const value = rest.join(':')
      const body = {
        part,
        text,
        private: only,
        pointer: kind === 'field' ? value : null,
        event: kind === 'event' ? value : null,
      }
      await known(
        await read(
          api.POST('/reviews/{submissionId}/comments', {
            params: { path: { submissionId: review.submission.id } },
            body,
          }),
        ),
      )
      form.resetField('text')
      toast(only ? 'Noted, for reviewers only' : 'Comment added')
    },
  })
  const { setValue, setFocus } = form
  useEffect(() => {
    if (!about) return
    setValue('part', about.part)
    setValue('target', about.target)
    setFocus('text')
  }, [about, setValue, setFocus])
  const part = form.watch('part')
  const others = (Object.keys(FIELDS) as Shapes['Part'][]).filter((each) => each !== part)
  return (
    <Form onSubmit={form.submit}>
      <Summary faults={form.faults} />
      <Select
        label="Part"
        error={form.errors.part?.message}
        {...form.register('part', {
          onChange: (event) =>
            setValue('target', `field:${FIELDS[event.target.value as Shapes['Part']][0]![0]}`),
        })}
      >
        {Object.entries(PARTS).map(([key, label]) => (
          <option key={key} value={key}>
            {label}
          </option>
        ))}
      </Select>
      <Select label="About" error={form.errors.target?.message} {...form.register('target')}>
        {[part, ...others].map((each) => (
          <optgroup key={each} label={PARTS[each]}>
            {FIELDS[each].map(([pointer, label]) => (
              <option key={pointer} value={`field:${pointer}`}>
                {label}
              </option>
            ))}
          </optgroup>
        ))}
        {events.length > 0 && (
          <optgroup label="Declared events">
            {events.map((event) => (
              <option key={event} value={`event:${event}`}>
                {event}
              </option>
            ))}
          </optgroup>
        )}
      </Select>
      <TextArea
        label="Comment"
        hint="What has to change, and why."
        error={form.errors.text?.message}
        {...form.register('text', { required: 'There is nothing to say yet.' })}
      />
      <Check label="Private note" hint="Only reviewers see it, ever." {...form.register('private')} />
      <Actions>
        <Button type="submit" busy={form.busy}>
          Add comment
        </Button>
      </Actions>
    </Form>
  )
}
