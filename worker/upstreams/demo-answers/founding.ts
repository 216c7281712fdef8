/**
 * The demo's answer to the founding question, cut into the tokens of `o200k_base`: 414 of them, as
 * many as the founding example's answer had. The text was written for this project.
 * `¦` stands between two tokens.
 */
export const FOUNDING_ANSWER: readonly string[] =
  `This¦ draws¦ the¦ density¦ of¦ a¦ ¦2¦D¦ normal¦ distribution¦ as¦ a¦ surface¦:

¦\`\`\`¦python¦
¦import¦ matplotlib¦.pyplot¦ as¦ plt¦
¦import¦ numpy¦ as¦ np¦


¦def¦ plot¦_¦2¦d¦_normal¦(mean¦=(¦0¦.¦0¦,¦ ¦0¦.¦0¦),¦ cov¦=((¦1¦.¦0¦,¦ ¦0¦.¦0¦),¦ (¦0¦.¦0¦,¦ ¦1¦.¦0¦)),¦ points¦=¦100¦):
¦   ¦ """¦Plot¦ the¦ density¦ of¦ a¦ ¦2¦D¦ normal¦ distribution¦ as¦ a¦ ¦3¦D¦ surface¦.

¦   ¦ mean¦:¦ the¦ centre¦ (¦x¦,¦ y¦)
¦   ¦ cov¦:¦ the¦ ¦2¦ x¦ ¦2¦ covariance¦ matrix¦
¦   ¦ points¦:¦ grid¦ points¦ along¦ each¦ axis¦
¦   ¦ """
¦   ¦ mean¦ =¦ np¦.asarray¦(mean¦,¦ dtype¦=float¦)
¦   ¦ cov¦ =¦ np¦.asarray¦(c¦ov¦,¦ dtype¦=float¦)

¦   ¦ #¦ Four¦ standard¦ deviations¦ on¦ each¦ side¦ hold¦ nearly¦ all¦ the¦ mass¦.
¦   ¦ reach¦ =¦ ¦4¦ *¦ np¦.sqrt¦(np¦.di¦ag¦(c¦ov¦))
¦   ¦ x¦ =¦ np¦.linspace¦(mean¦[¦0¦]¦ -¦ reach¦[¦0¦],¦ mean¦[¦0¦]¦ +¦ reach¦[¦0¦],¦ points¦)
¦   ¦ y¦ =¦ np¦.linspace¦(mean¦[¦1¦]¦ -¦ reach¦[¦1¦],¦ mean¦[¦1¦]¦ +¦ reach¦[¦1¦],¦ points¦)
¦   ¦ grid¦ =¦ np¦.stack¦(np¦.mesh¦grid¦(x¦,¦ y¦),¦ axis¦=-¦1¦)

¦   ¦ offset¦ =¦ grid¦ -¦ mean¦
¦   ¦ exponent¦ =¦ np¦.e¦ins¦um¦("¦...¦i¦,¦ij¦,...¦j¦",¦ offset¦,¦ np¦.linalg¦.inv¦(c¦ov¦),¦ offset¦)
¦   ¦ density¦ =¦ np¦.exp¦(-¦ex¦ponent¦ /¦ ¦2¦)¦ /¦ (¦2¦ *¦ np¦.pi¦ *¦ np¦.sqrt¦(np¦.linalg¦.det¦(c¦ov¦)))

¦   ¦ axes¦ =¦ plt¦.figure¦().¦add¦_subplot¦(pro¦jection¦="¦3¦d¦")
¦   ¦ axes¦.plot¦_surface¦(grid¦[...,¦ ¦0¦],¦ grid¦[...,¦ ¦1¦],¦ density¦,¦ cmap¦="¦vir¦idis¦")
¦   ¦ axes¦.set¦(x¦label¦="¦x¦",¦ ylabel¦="¦y¦",¦ z¦label¦="¦density¦")
¦   ¦ plt¦.show¦()


¦plot¦_¦2¦d¦_normal¦(c¦ov¦=((¦1¦.¦0¦,¦ ¦0¦.¦6¦),¦ (¦0¦.¦6¦,¦ ¦2¦.¦0¦)))
¦\`\`¦\`

¦Change¦ \`¦mean¦\`¦ to¦ move¦ the¦ hill¦,¦ \`¦cov¦\`¦ to¦ stretch¦ or¦ turn¦ it¦.

¦*¦This¦ answer¦ was¦ prepared¦ for¦ the¦ demo¦:¦ no¦ model¦ was¦ asked¦.*`.split('¦')
