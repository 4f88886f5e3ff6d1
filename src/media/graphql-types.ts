import { Field, Float, Int, ObjectType, registerEnumType } from 'type-graphql';
import { DateTimeScalar } from '../graphql/scalars.ts';

export const VideoArchiveState = {
  PENDING: 'PENDING',
  STORED: 'STORED',
  FAILED: 'FAILED',
  EXPIRED: 'EXPIRED',
  SKIPPED: 'SKIPPED',
} as const;
export type VideoArchiveState = keyof typeof VideoArchiveState;

registerEnumType(VideoArchiveState, {
  name: 'VideoArchiveState',
  description: 'Whether a finished video is kept here.',
  valuesConfig: {
    PENDING: {
      description:
        'It is to be stored, or is being stored; what fails for a while is tried again, with a fresh link. See `error` for what the last attempt came to.',
    },
    STORED: { description: 'It is stored: `videoUrl` leads to it, whatever MiniMax still has.' },
    FAILED: { description: 'It cannot be stored; `error` has the reason.' },
    EXPIRED: {
      description:
        'It is not kept any more (`removedAt`), or MiniMax had it no longer before it was stored.',
    },
    SKIPPED: { description: 'It was not to be kept when it was finished.' },
  },
});

@ObjectType({ description: 'A track of a video.' })
export class VideoTrack {
  @Field(() => String, { description: '`video`, `audio`, …' })
  kind!: string;

  @Field(() => String, {
    nullable: true,
    description: 'How it is coded, such as `avc` or `aac`; null when that is not known.',
  })
  codec!: string | null;
}

@ObjectType('VideoArchive', {
  description: 'What becomes of a finished video, so that it outlives MiniMax’s link.',
})
export class VideoArchiveType {
  @Field(() => VideoArchiveState, { description: 'Whether it is kept here.' })
  state!: VideoArchiveState;

  @Field(() => DateTimeScalar, { nullable: true, description: 'When it was stored.' })
  storedAt!: Date | null;

  @Field(() => DateTimeScalar, {
    nullable: true,
    description: 'When it was removed again: after its time, for want of room, or by redaction.',
  })
  removedAt!: Date | null;

  @Field(() => DateTimeScalar, {
    nullable: true,
    description:
      'When it is removed because of `keepForDays`, within the hour; null where the operator’s limits alone say so, and unless it is STORED.',
  })
  keepUntil!: Date | null;

  @Field(() => Int, {
    nullable: true,
    description: 'How many bytes it has; null until it is stored.',
  })
  bytes!: number | null;

  @Field(() => String, {
    nullable: true,
    description:
      'SHA-256 of its bytes, in hexadecimal; the audit trail has the same in its event VIDEO_STORED. Null until it is stored.',
  })
  sha256!: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'What the last attempt to store it came to; null when it went well.',
  })
  error!: string | null;

  @Field(() => Int, {
    nullable: true,
    description: 'Pixels, as the file has them. Null unless it is STORED.',
  })
  width!: number | null;

  @Field(() => Int, {
    nullable: true,
    description: 'Pixels, as the file has them. Null unless it is STORED.',
  })
  height!: number | null;

  @Field(() => Float, {
    nullable: true,
    description: 'Seconds, as the file has them. Null unless it is STORED.',
  })
  durationSeconds!: number | null;

  @Field(() => Float, {
    nullable: true,
    description: 'Pictures in a second, as the file has them. Null unless it is STORED.',
  })
  frameRate!: number | null;

  @Field(() => [VideoTrack], {
    description: 'Pictures and sound, as the file has them. Empty unless it is STORED.',
  })
  tracks!: VideoTrack[];
}
