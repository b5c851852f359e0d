"""What a training needs before it takes place: rooms, experts, a free time, a plan on paper and in calendars."""
