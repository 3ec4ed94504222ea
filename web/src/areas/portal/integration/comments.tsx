import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { api, read, type Shapes } from '../../../api/client'
import { Badge } from '../../../kit/badge'
import { Button } from '../../../kit/button'
import { Panel } from '../../../kit/page'
import { toastRefusal } from '../../../kit/refusal'
import { Time } from '../../../kit/time'
import { toast } from '../../../kit/toast'
import { integrationKey, integrationQuery } from '../data'
import { fieldName } from '../fields'
import { FieldLink } from '../place-link'
import css from '../portal.module.css'

/** What a reviewer looks at, in words. */
export const PARTS: Record<Shapes['Part'], string> = {
  functionality: 'Functionality',
  metadata: 'Catalog info',
  documentation: 'Documentation',
}

/** What reviewers said, each with the way to what it is about, and a button that says it was dealt with. */
export function Comments({ slug, comments }: { slug: string; comments: Shapes['CommentView'][] }) {
  const client = useQueryClient()
  const { info } = useQuery(integrationQuery(slug)).data!.integration
  const resolve = useMutation({
    mutationFn: (commentId: string) =>
      read(
        api.POST('/integrations/{integrationId}/comments/{commentId}/resolve', {
          params: { path: { integrationId: slug, commentId } },
        }),
      ),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: integrationKey(slug) })
      toast('Resolved; the reviewer sees it with the next round')
    },
    onError: (error) => toastRefusal(error),
  })
  return (
    <Panel flush>
      {comments.map((comment) => {
        const at = comment.event
          ? (info.events?.findIndex(({ name }) => name === comment.event) ?? -1)
          : undefined
        const pointer = comment.pointer ?? (at !== undefined ? (at < 0 ? '/events' : `/events/${at}`) : null)
        return (
          <article key={comment.id} className={css.comment}>
            <header>
              <strong>{PARTS[comment.part]}</strong>
              {pointer && (
                <FieldLink slug={slug} pointer={pointer}>
                  {comment.event ? `Events › ${comment.event}` : fieldName(pointer, info)}
                </FieldLink>
              )}
              <Time at={comment.createdAt} />
              {comment.resolvedAt ? (
                <Badge tone="ok" glyph="✓">
                  Resolved
                </Badge>
              ) : (
                <Button
                  small
                  busy={resolve.isPending && resolve.variables === comment.id}
                  onClick={() => resolve.mutate(comment.id)}
                >
                  Resolve
                </Button>
              )}
            </header>
            <p>{comment.text}</p>
          </article>
        )
      })}
    </Panel>
  )
}
